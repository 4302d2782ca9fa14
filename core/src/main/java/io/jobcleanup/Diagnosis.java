package io.jobcleanup;

import java.util.List;

/**
 * What a look at database and mapping found, point by point.
 *
 * @param findings what was looked at, in order
 */
public record Diagnosis(List<Finding> findings) {

  /** How bad a finding is. */
  public enum Level {
    /** As it should be. */
    OK,
    /** Works, but could be better. */
    WARNING,
    /** A run would not work. */
    FAULT
  }

  /**
   * One point.
   *
   * @param level how bad it is
   * @param about what was looked at: database, mapping, privileges, index and so on
   * @param message what was found
   * @param remedy the statements or commands that mend it, each to be pasted as it is; empty where
   *     nothing is to mend
   */
  public record Finding(Level level, String about, String message, List<String> remedy) {
    /** Takes a copy. */
    public Finding {
      remedy = List.copyOf(remedy);
    }
  }

  /** Takes a copy. */
  public Diagnosis {
    findings = List.copyOf(findings);
  }

  /** Whether nothing keeps a run from working. */
  public boolean ok() {
    return findings.stream().noneMatch(it -> it.level() == Level.FAULT);
  }

  /** The findings of one level. */
  public List<Finding> of(Level level) {
    return findings.stream().filter(it -> it.level() == level).toList();
  }
}
