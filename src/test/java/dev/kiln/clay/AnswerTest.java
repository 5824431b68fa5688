package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.clay.Reply.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AnswerTest {
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");
  private static final String LIMIT = "{\"message\":\"Record limit reached for webhook\"}";

  /** What each status means where the text says nothing. */
  private static final String STATUSES =
      """
      100-199 UNKNOWN
      200-299 ACCEPTED
      300-399 WEBHOOK_REFUSES
      400-400 REFUSED
      401-407 WEBHOOK_REFUSES
      408-408 FAILED
      409-412 WEBHOOK_REFUSES
      413-413 REFUSED
      414-421 WEBHOOK_REFUSES
      422-422 REFUSED
      423-428 WEBHOOK_REFUSES
      429-429 TOO_MANY
      430-499 WEBHOOK_REFUSES
      500-501 FAILED
      502-502 UNKNOWN
      503-503 FAILED
      504-504 UNKNOWN
      505-519 FAILED
      520-529 UNKNOWN
      530-599 FAILED
      """;

  private record Meaning(int status, Answer answer) {}

  static Stream<Meaning> meanings() {
    return STATUSES
        .lines()
        .flatMap(
            line ->
                IntStream.rangeClosed(
                        Integer.parseInt(line.substring(0, 3)),
                        Integer.parseInt(line.substring(4, 7)))
                    .mapToObj(status -> new Meaning(status, Answer.valueOf(line.substring(8)))));
  }

  private static Reply answered(int status, String text) {
    return new Reply(Kind.ANSWERED, status, null, text, 100, 300);
  }

  @Test
  void theTableNamesEachStatusOnce() {
    assertThat(meanings().map(Meaning::status))
        .containsExactlyElementsOf(IntStream.rangeClosed(100, 599).boxed().toList());
  }

  @Test
  void everyStatusMeansWhatTheTableSaysWhateverTheBody() {
    List<String> wrong = new ArrayList<>();
    for (Meaning meaning : meanings().toList()) {
      for (String text : List.of("", "OK", "{\"error\":\"no\"}", "<html>", "limit")) {
        Answer answer = Answer.of(answered(meaning.status, text));
        if (answer != meaning.answer) {
          wrong.add(meaning + " but " + answer + " with " + text);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void theLimitTextMattersWith403Only() {
    for (Meaning meaning : meanings().toList()) {
      assertThat(Answer.of(answered(meaning.status, LIMIT)))
          .as("%d", meaning.status)
          .isEqualTo(meaning.status == 403 ? Answer.WEBHOOK_EXHAUSTED : meaning.answer);
    }
    assertThat(Answer.of(answered(403, "RECORD LIMIT REACHED for webhook")))
        .isEqualTo(Answer.WEBHOOK_EXHAUSTED);
  }

  @ParameterizedTest
  @CsvSource({"NOT_SENT,NOT_SENT", "NO_ANSWER,UNKNOWN", "TOO_LARGE,REFUSED"})
  void withoutAnAnswerTheKindDecides(Kind kind, Answer answer) {
    assertThat(Answer.of(new Reply(kind, 0, null, "x", 1, 1))).isEqualTo(answer);
  }

  @ParameterizedTest
  @EnumSource
  void onlyFailuresOfClayReachTheBreaker(Answer answer) {
    assertThat(answer.breakerFailure())
        .isEqualTo(
            switch (answer) {
              case NOT_SENT, FAILED, UNKNOWN -> true;
              case ACCEPTED, REFUSED, WEBHOOK_REFUSES, WEBHOOK_EXHAUSTED, TOO_MANY -> false;
            });
  }

  @ParameterizedTest
  @EnumSource
  void onlyAnAcceptedOrUnknownRowMayBeStored(Answer answer) {
    assertThat(answer.stored()).isEqualTo(answer == Answer.ACCEPTED || answer == Answer.UNKNOWN);
  }

  // ---- Retry-After ----

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "7, 7",
    "000000007, 7",
    "' 12 ', 12",
    "900, 900",
    "0, 1",
    "901, 900",
    "999999999, 900",
    "99999999999999999999, 900",
    "'Wed, 25 Nov 2026 10:00:30 GMT', 30",
    "'Wed, 25 Nov 2026 09:00:00 GMT', 1",
    "'Wed, 25 Nov 2026 10:00:00 GMT', 1",
    "'Thu, 26 Nov 2026 10:00:00 GMT', 900",
    "'Fri, 31 Dec 9999 23:59:59 GMT', 900"
  })
  void aWishIsSecondsOrADateBetweenASecondAndAQuarterOfAnHour(String header, long seconds) {
    assertThat(Answer.retryAfter(header, NOW)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {"", "  ", "-5", "1.5", "soon", "1e3", "٣", "Wed, 99 Nov 2026 10:00:00 GMT", "+3"})
  void garbageIsNoWish(@Nullable String header) {
    assertThat(Answer.retryAfter(header, NOW)).isNull();
  }

  static Stream<Instant> times() {
    return Stream.of(Instant.EPOCH, NOW, Instant.parse("2999-01-01T00:00:00Z"));
  }

  @ParameterizedTest
  @MethodSource("times")
  void secondsDoNotDependOnTheTime(Instant now) {
    assertThat(Answer.retryAfter("20", now)).isEqualTo(Duration.ofSeconds(20));
  }
}
