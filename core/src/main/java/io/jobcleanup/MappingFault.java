package io.jobcleanup;

/**
 * One thing that is wrong with a mapping.
 *
 * @param place where: {@code mapping.yaml:14}, or the mapping's name where it has no lines
 * @param path the key at fault, such as {@code sources.images.jobs.status}
 * @param problem what is wrong with it, and the likely meaning
 * @param contradictsDatabase whether only this database contradicts it
 */
public record MappingFault(String place, String path, String problem, boolean contradictsDatabase) {
  @Override
  public String toString() {
    return "%s  %s: %s".formatted(place, path, problem);
  }
}
