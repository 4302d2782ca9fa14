package io.jobcleanup.server.web;

import io.jobcleanup.mapping.Suggestion;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The members of a JSON object, taken one by one: what is wrong with any of them is remembered
 * until {@link #end}. Used by one thread.
 */
public final class Fields {
  private static final int SHOWN = 60;

  private final Map<String, Member> members;
  private final Set<String> known = new LinkedHashSet<>();
  private final List<String> faults = new ArrayList<>();

  /**
   * A member's value.
   *
   * @param sent how it was written, for a value that isn't a structure
   */
  record Member(JsonNode value, String sent) {}

  Fields(Map<String, Member> members) {
    this.members = members;
  }

  /** A whole number within its limits, as JSON writes whole numbers; empty where it isn't there. */
  public Optional<Long> integer(String name, long least, long most) {
    Member member = take(name);
    if (member == null) {
      return Optional.empty();
    }
    if (member.value.isIntegralNumber()) {
      BigInteger number = member.value.bigIntegerValue();
      if (number.compareTo(BigInteger.valueOf(least)) >= 0
          && number.compareTo(BigInteger.valueOf(most)) <= 0) {
        return Optional.of(number.longValueExact());
      }
    }
    faults.add(
        "%s is %s, a whole number from %d to %d is expected"
            .formatted(name, shown(member), least, most));
    return Optional.empty();
  }

  /** True or false; empty where it isn't there. */
  public Optional<Boolean> bool(String name) {
    Member member = take(name);
    if (member == null) {
      return Optional.empty();
    }
    if (member.value.isBoolean()) {
      return Optional.of(member.value.booleanValue());
    }
    faults.add("%s is %s, true or false is expected".formatted(name, shown(member)));
    return Optional.empty();
  }

  /**
   * A text that has to be there; empty where it isn't, which is a fault. Its value is never shown.
   *
   * @param longest how many characters it may have
   */
  public Optional<String> text(String name, int longest) {
    Member member = take(name);
    JsonNode value = member == null ? null : member.value;
    if (value != null && value.isString() && value.stringValue().length() <= longest) {
      return Optional.of(value.stringValue());
    }
    faults.add(
        value == null
            ? "%s is missing".formatted(name)
            : "%s has to be a text of at most %d characters".formatted(name, longest));
    return Optional.empty();
  }

  /**
   * Says that no other member can be there.
   *
   * @throws ProblemException with 400 if there is one, or any that was taken is wrong
   */
  public void end() {
    for (String name : members.keySet()) {
      if (!known.contains(name)) {
        faults.add(
            "%s is no field of this request%s"
                .formatted(shown(name), Suggestion.of(name, known, it -> it)));
      }
    }
    if (!faults.isEmpty()) {
      throw new ProblemException(
          Problem.invalid(faults.stream().collect(Collectors.joining("; "))));
    }
  }

  private @Nullable Member take(String name) {
    known.add(name);
    return members.get(name);
  }

  private static String shown(Member member) {
    if (member.value.isArray()) {
      return "an array";
    }
    if (member.value.isObject()) {
      return "an object";
    }
    return shown(member.sent);
  }

  /** A piece of the request, short and free of what could forge or break a line. */
  static String shown(String text) {
    String safe =
        text.codePoints()
            .limit(SHOWN)
            .map(
                it ->
                    switch (Character.getType(it)) {
                      case Character.CONTROL,
                          Character.FORMAT,
                          Character.SURROGATE,
                          Character.LINE_SEPARATOR,
                          Character.PARAGRAPH_SEPARATOR ->
                          '?';
                      default -> it;
                    })
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return text.length() > safe.length() ? safe + "…" : safe;
  }
}
