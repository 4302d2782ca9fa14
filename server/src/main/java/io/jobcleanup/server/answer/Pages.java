package io.jobcleanup.server.answer;

import io.jobcleanup.Page;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Lists that are read to their end, a page in memory at a time. */
public final class Pages {
  private Pages() {}

  /**
   * The items of all pages, in their order. The first page is read at once, each other when the one
   * before is used up.
   *
   * @param pages reads the page that begins after a position; null for the first
   */
  public static <T> Stream<T> of(Function<@Nullable String, Page<T>> pages) {
    return Stream.iterate(
            Optional.of(pages.apply(null)),
            Optional::isPresent,
            page -> page.map(Page::next).map(pages))
        .flatMap(page -> page.stream().flatMap(it -> it.items().stream()));
  }
}
