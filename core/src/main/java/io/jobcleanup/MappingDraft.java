package io.jobcleanup;

import java.util.List;

/**
 * A drafted mapping: the text of a {@code mapping.yaml} with the evidence of each guess, and the
 * questions that its owner has to answer.
 *
 * @param text the file; without a source it is comments only
 * @param sources the names of the sources in it, most likely first
 * @param tables how many tables were looked at
 * @param questions how many questions stand in it
 * @param notes what should be known of how it came to be, such as tables that couldn't be read
 */
public record MappingDraft(
    String text, List<String> sources, int tables, int questions, List<String> notes) {

  /** Checks itself. */
  public MappingDraft {
    if (questions < 0) {
      throw new IllegalArgumentException(
          "questions is %d, allowed is 0 or more".formatted(questions));
    }
    sources = List.copyOf(sources);
    notes = List.copyOf(notes);
  }
}
