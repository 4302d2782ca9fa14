package io.jobcleanup.draft;

import io.jobcleanup.draft.Survey.Function;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Functions of the host that give back. */
final class HostFunctions {

  private final Survey survey;
  private final Page page;

  HostFunctions(Survey survey, Page page) {
    this.survey = survey;
    this.page = page;
  }

  /** The host's own function, where one takes what a refund is. */
  Optional<Function> write() {
    for (Function each : survey.functions()) {
      if (!each.name()
          .toLowerCase(Locale.ROOT)
          .matches(
              ".*(refund|give_?back|credit_?back).*|(restore|return|revert)_.*(credit|token|coin|point|balance|quota).*")) {
        continue;
      }
      Optional<String> arguments = arguments(each);
      if (arguments.isPresent()) {
        page.ask(
            3,
            "your function %s gives back by itself, so it is called in the place of balance and ledger. Is it what runs for a failed job, and may it be called twice for one?"
                .formatted(each.name()));
        page.put(
            3,
            "statement",
            Names.yaml(
                "=%s(%s)"
                    .formatted(
                        (each.visible() ? "" : Names.shown(each.schema()) + ".")
                            + Names.shown(each.name()),
                        arguments.get())),
            null);
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> arguments(Function function) {
    List<String> values = new ArrayList<>();
    boolean amount = false;
    boolean about = false;
    int needed = function.types().size() - function.defaults();
    for (int i = 0; i < function.types().size(); i++) {
      String type = function.types().get(i);
      String name = i < function.names().size() ? Words.snake(function.names().get(i)) : "";
      if (name.matches(
          "(p_|_|in_|v_|arg_)?.*(amount|credits|tokens|coins|points|quantity|delta|value).*")) {
        values.add(":amount");
        amount = true;
      } else if (name.matches(
          ".*(user|owner|account|payer|workspace|org|team|customer|profile|wallet|member).*")) {
        values.add(":payer");
      } else if (name.matches(
          ".*(job|task|generation|render|run|request|source|reference|ref|entity|image|video).*")) {
        values.add(":job");
        about = true;
      } else if (name.matches(".*(key|idempot|dedup).*")) {
        values.add(":key");
      } else if (type.equals("text") || type.startsWith("character varying")) {
        if (i >= needed) {
          break;
        }
        values.add(
            name.matches(".*(reason|note|desc|comment|source|message|type|kind).*")
                ? "'timeout'"
                : ":key");
      } else if (i >= needed) {
        break;
      } else {
        return Optional.empty();
      }
    }
    return amount || about ? Optional.of(String.join(", ", values)) : Optional.empty();
  }
}
