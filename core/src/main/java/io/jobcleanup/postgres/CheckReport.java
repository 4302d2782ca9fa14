package io.jobcleanup.postgres;

import io.jobcleanup.MappingFault;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.mapping.TimeForm;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects what is wrong with a mapping, and what our role may not do. Used by one thread. */
final class CheckReport {

  /**
   * Something that our role may not do.
   *
   * @param kind {@code privileges} or {@code row security}
   * @param problem what is missing
   * @param remedy the statement that mends it
   */
  record Obstacle(String kind, String problem, String remedy) {}

  private final Mapping mapping;
  private final String role;
  private final List<MappingFault> faults = new ArrayList<>();
  private final Set<Obstacle> obstacles = new LinkedHashSet<>();

  /**
   * A report on a mapping, with the faults that it has in itself.
   *
   * @param role our role
   */
  CheckReport(Mapping mapping, String role) {
    this.mapping = mapping;
    this.role = role;
    faults.addAll(mapping.faults());
  }

  String role() {
    return role;
  }

  /** How many faults there are so far. */
  int faults() {
    return faults.size();
  }

  List<MappingFault> allFaults() {
    return List.copyOf(faults);
  }

  List<Obstacle> allObstacles() {
    return List.copyOf(obstacles);
  }

  void fault(String path, String problem) {
    faults.add(mapping.contradiction(path, problem));
  }

  void obstacle(Obstacle obstacle) {
    obstacles.add(obstacle);
  }

  /** Reports a column or expression that tells no time. */
  void time(String type, TimeForm form, String path, String name) {
    if (!SinceSql.possible(type, form)) {
      fault(
          path,
          "\"%s\" is of type %s, which tells no time%s"
              .formatted(
                  name,
                  type,
                  isNumber(type)
                      ? "; if it counts since 1970, say time: epoch-seconds or epoch-millis"
                      : ""));
    }
  }

  static boolean isNumber(String type) {
    return SinceSql.possible(type, TimeForm.Epoch.SECONDS);
  }
}
