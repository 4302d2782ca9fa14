package io.jobcleanup;

import java.util.List;
import java.util.stream.Collectors;

/** The mapping is wrong, in itself or for this database. Nothing was started. */
public final class InvalidMappingException extends JobCleanupException {

  private static final long serialVersionUID = 1L;

  private final transient List<MappingFault> faults;

  /**
   * All that is wrong, at once.
   *
   * @param faults what is wrong, at least one
   */
  public InvalidMappingException(List<MappingFault> faults) {
    super(
        faults.stream().map(MappingFault::toString).collect(Collectors.joining("\n"))
            + "\n%d %s; nothing was started."
                .formatted(faults.size(), faults.size() == 1 ? "fault" : "faults"));
    this.faults = List.copyOf(faults);
  }

  /** All that is wrong. */
  public List<MappingFault> faults() {
    return faults;
  }

  /** Whether the mapping as such is sound, and it is this database that contradicts it. */
  public boolean contradictsDatabaseOnly() {
    return faults.stream().allMatch(MappingFault::contradictsDatabase);
  }
}
