package io.jobcleanup.server.web;

import io.jobcleanup.mapping.Suggestion;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query, taken one by one: what is wrong with any of them is remembered until
 * {@link #end}. Used by one thread.
 */
final class Parameters {
  private final Map<String, String[]> values;
  private final Set<String> known = new LinkedHashSet<>();
  private final List<String> faults = new ArrayList<>();

  Parameters(HttpServletRequest request) {
    this.values = request.getParameterMap();
  }

  /** A whole number within its limits; empty where it isn't there. */
  Optional<Long> integer(String name, long least, long most) {
    String value = take(name);
    if (value == null) {
      return Optional.empty();
    }
    if (value.matches("\\d{1,18}")) {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return Optional.of(number);
      }
    }
    faults.add(
        "%s is \"%s\", a whole number from %d to %d is expected"
            .formatted(name, Fields.shown(value), least, most));
    return Optional.empty();
  }

  /** True or false; empty where it isn't there. */
  Optional<Boolean> bool(String name) {
    String value = take(name);
    if (value == null || value.equals("true") || value.equals("false")) {
      return Optional.ofNullable(value).map(Boolean::valueOf);
    }
    faults.add("%s is \"%s\", true or false is expected".formatted(name, Fields.shown(value)));
    return Optional.empty();
  }

  /** One of several words; empty where it isn't there. */
  Optional<String> oneOf(String name, List<String> words) {
    String value = take(name);
    if (value == null || words.contains(value)) {
      return Optional.ofNullable(value);
    }
    faults.add(
        "%s is \"%s\", %s is expected"
            .formatted(name, Fields.shown(value), String.join(" or ", words)));
    return Optional.empty();
  }

  /** A text; empty where it isn't there. */
  Optional<String> text(String name) {
    return Optional.ofNullable(take(name));
  }

  /**
   * Says that no other parameter can be there.
   *
   * @throws ProblemException with 400 if there is one, or any that was taken is wrong
   */
  void end() {
    for (String name : values.keySet()) {
      if (!known.contains(name)) {
        faults.add(
            "%s is no parameter of this request%s"
                .formatted(Fields.shown(name), Suggestion.of(name, known, it -> it)));
      }
    }
    if (!faults.isEmpty()) {
      throw new ProblemException(Problem.invalid(String.join("; ", faults)));
    }
  }

  private @Nullable String take(String name) {
    known.add(name);
    String[] all = values.get(name);
    if (all == null || all.length == 0) {
      return null;
    }
    if (all.length > 1) {
      faults.add("%s is there twice".formatted(name));
    }
    return all[0];
  }
}
