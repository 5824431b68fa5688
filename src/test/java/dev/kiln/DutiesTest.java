package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.Duties.Share;
import dev.kiln.ledger.LedgerFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which of two nodes does what one has to do for both. */
final class DutiesTest {
  private static final Duration LEASE = Duration.ofMinutes(10);

  private LedgerFixture books;

  @BeforeEach
  void open(@TempDir Path folder) {
    books = LedgerFixture.in(folder);
  }

  @AfterEach
  void close() {
    books.close();
  }

  private Duties node(String name, Share share) {
    return new Duties(books.ledger(), name, LEASE, share);
  }

  @Test
  @DisplayName("who asks first has a duty, until nothing was heard of it for the lease")
  void oneHasIt() {
    try (Duties one = node("one", Share.SOME);
        Duties other = node("other", Share.SOME)) {
      assertThat(one.mine("alerts")).isTrue();
      assertThat(other.mine("alerts")).isFalse();
      assertThat(other.mine("poll crm")).as("each duty for itself").isTrue();
      books.clock().advance(LEASE.minusSeconds(1));
      assertThat(one.mine("alerts")).isTrue();
      assertThat(other.mine("alerts")).isFalse();

      books.clock().advance(Duration.ofSeconds(1));
      assertThat(other.mine("alerts")).as("the first was frozen, say").isTrue();
      assertThat(one.mine("alerts")).as("and asks anew when it wakes up").isFalse();
    }
  }

  @Test
  @DisplayName("a node that ends gives its duties up")
  void endsWithItsNode() {
    try (Duties other = node("other", Share.SOME)) {
      try (Duties one = node("one", Share.SOME)) {
        one.keep(duty -> Optional.empty());
        assertThat(one.mine("alerts")).isTrue();
        assertThat(other.mine("alerts")).isFalse();
      }
      assertThat(other.mine("alerts")).isTrue();
    }
  }

  @Test
  @DisplayName("a node whose route for a duty is stopped or gone lets another one have it")
  void endsWithItsRoute() {
    try (Duties one = node("one", Share.SOME);
        Duties other = node("other", Share.SOME)) {
      List<String> duties = List.of("poll crm", "poll erp", "poll own", "onward files", "alerts");
      assertThat(duties).allMatch(one::mine);
      one.renew(
          duty ->
              duty.equals("alerts") || duty.equals("poll own")
                  ? Optional.empty()
                  : Optional.of(true));
      books.clock().advance(LEASE.minusSeconds(1));
      one.renew(
          duty -> Optional.ofNullable(Map.of("poll crm", false, "onward files", true).get(duty)));
      assertThat(duties).as("none of them has ended yet").noneMatch(other::mine);

      books.clock().advance(Duration.ofSeconds(1));
      assertThat(duties)
          .filteredOn(other::mine)
          .as("stopped and gone; the others were renewed, long after they were asked for")
          .containsExactly("poll crm", "poll erp");
      assertThat(one.mine("poll crm")).isFalse();
    }
  }

  @Test
  @DisplayName("a node alone has all, a guest none, and the ledger hears of neither")
  void withoutTheLedger() {
    try (Duties all = node("all", Share.ALL);
        Duties none = node("none", Share.NONE);
        Duties some = node("some", Share.SOME)) {
      assertThat(all.mine("alerts")).isTrue();
      assertThat(none.mine("alerts")).isFalse();
      assertThat(some.mine("alerts")).isTrue();
    }
  }
}
