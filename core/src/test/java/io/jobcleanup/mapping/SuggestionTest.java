package io.jobcleanup.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SuggestionTest {

  private static final List<String> COLUMNS = List.of("id", "credits", "created_at", "userId");

  @Test
  void nearestWordIsMeant() {
    assertThat(Suggestion.of("credit", COLUMNS, it -> '"' + it + '"'))
        .isEqualTo(". Did you mean \"credits\"?");
    assertThat(Suggestion.nearest("creatd_at", COLUMNS)).contains("created_at");
  }

  @Test
  void caseAndUnderscoresAreNoDifference() {
    assertThat(Suggestion.nearest("user_id", COLUMNS)).contains("userId");
    assertThat(Suggestion.nearest("createdAt", COLUMNS)).contains("created_at");
  }

  @Test
  void twoLettersSwappedAreOneMistake() {
    assertThat(Suggestion.nearest("tabel", List.of("table", "where"))).contains("table");
  }

  @Test
  void wordFarFromAllSuggestsNothing() {
    assertThat(Suggestion.of("workspace", COLUMNS, it -> it)).isEmpty();
    assertThat(Suggestion.nearest("xy", COLUMNS)).isEmpty();
  }

  @Test
  void ofEquallyNearWordsTheFirstInTheAlphabetIsMeant() {
    assertThat(Suggestion.nearest("cost", List.of("most", "host", "cast"))).contains("cast");
  }
}
