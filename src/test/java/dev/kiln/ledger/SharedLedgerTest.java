package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.status.StatusText;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two processes on one ledger: who reads a run, and who has a duty. */
@Tag("postgresql")
final class SharedLedgerTest {
  private static final Duration LEASE = Duration.ofSeconds(30);

  private LedgerFixture books;
  private Ledger one;
  private Ledger other;

  @BeforeEach
  void open() {
    books = LedgerFixture.at(PostgresServer.ledger());
    one = books.ledger();
    one.readAs("one", LEASE);
    other = reading("other");
  }

  private Ledger reading(String name) {
    Ledger ledger = Ledger.open(books.store(), books.clock());
    ledger.readAs(name, LEASE);
    return ledger;
  }

  @AfterEach
  void close() {
    other.close();
    books.close();
  }

  private static Run read(Ledger by) {
    return by.open("leads.csv", "", Priority.NORMAL, "hash", DedupeMode.SKIP);
  }

  private static void store(Ledger by, Run run, long first, long last) {
    List<NewLead> leads =
        LongStream.rangeClosed(first, last).mapToObj(SharedLedgerTest::lead).toList();
    by.store(
            run,
            new Batch(first, last, last, 0, leads),
            LedgerFixture.DEDUPE_WINDOW,
            now -> Budget.NONE)
        .await();
  }

  private static NewLead lead(long record) {
    @Nullable String key = null;
    return new NewLead(record, record + 1, "tech", key, "", "{}", null, List.of(), 0);
  }

  @Test
  @DisplayName("a run stays with its reader for the lease; then another goes on behind its rows")
  void whoReadsARun() {
    Run run = read(one);
    store(one, run, 1, 100);
    books.clock().advance(LEASE.minusSeconds(1));
    assertThatThrownBy(() -> read(other)).isInstanceOf(ReadElsewhere.class);
    store(one, run, 101, 200);
    books.clock().advance(LEASE.minusSeconds(1));
    assertThatThrownBy(() -> read(other)).as("renewed").isInstanceOf(ReadElsewhere.class);
    assertThat(books.account(run).interrupted()).isFalse();

    books.clock().advance(Duration.ofSeconds(1));
    assertThat(books.account(run).interrupted()).isTrue();
    assertThat(StatusText.of(books.snapshot(), books.clock().instant()))
        .contains("leads.csv: read in part, and nobody reads on", "drop the same file again");
    Run taken = read(other);
    assertThat(taken.id()).isEqualTo(run.id());
    assertThat(books.account(run).interrupted()).isFalse();
    assertThat(taken.checkpoint()).isEqualTo(200);

    assertThatThrownBy(() -> store(one, run, 201, 300)).isInstanceOf(ReadElsewhere.class);
    assertThatThrownBy(() -> one.finish(run.id(), 200, 0, "")).isInstanceOf(ReadElsewhere.class);
    assertThatThrownBy(() -> one.refuse(run.id(), "changed", "")).isInstanceOf(ReadElsewhere.class);
    store(other, taken, 201, 250);
    assertThatThrownBy(() -> store(one, run, 251, 300)).isInstanceOf(ReadElsewhere.class);
    other.finish(run.id(), 250, 0, "");
    assertThat(read(one).finished()).isTrue();
    assertThat(books.snapshot().runs())
        .singleElement()
        .satisfies(
            account -> {
              assertThat(account.read()).isEqualTo(250);
              assertThat(account.states()).containsOnly(Map.entry(LeadState.QUEUED, 250L));
              assertThat(account.interrupted()).isFalse();
            });
  }

  @Test
  @DisplayName("a restart on the same data folder reads on at once")
  void theSameReaderAgain() {
    store(one, read(one), 1, 100);
    try (Ledger again = reading("one")) {
      assertThat(read(again).checkpoint()).isEqualTo(100);
    }
  }

  @Test
  @DisplayName("batches that share a commit with one that comes too late are stored")
  void othersOfTheSameCommit() {
    Run run = read(one);
    store(one, run, 1, 100);
    books.clock().advance(LEASE);
    Run taken = read(other);
    Run second = one.open("more.csv", "", Priority.NORMAL, "another hash", DedupeMode.SKIP);
    assertThatThrownBy(() -> store(one, run, 101, 200)).isInstanceOf(ReadElsewhere.class);
    store(one, second, 1, 10);
    store(other, taken, 101, 110);
    assertThat(books.account(second).read()).isEqualTo(10);
    assertThat(books.account(run).read()).isEqualTo(110);
  }

  @Test
  @DisplayName("a duty is one node's until it ends, is given up or is not kept")
  void duties() {
    assertThat(one.duty("poll crm", "a", LEASE)).isTrue();
    assertThat(other.duty("poll crm", "b", LEASE)).isFalse();
    assertThat(other.duty("alerts", "b", LEASE)).isTrue();
    books.clock().advance(LEASE.minusSeconds(1));
    assertThat(one.duty("poll crm", "a", LEASE)).as("kept").isTrue();
    books.clock().advance(LEASE.minusSeconds(1));
    assertThat(other.duty("poll crm", "b", LEASE)).isFalse();
    books.clock().advance(Duration.ofSeconds(1));
    assertThat(other.duty("poll crm", "b", LEASE)).as("not kept").isTrue();
    assertThat(one.duty("poll crm", "a", LEASE)).isFalse();
    other.release("b");
    assertThat(one.duty("poll crm", "a", LEASE)).as("given up").isTrue();
    assertThat(one.duty("alerts", "a", LEASE)).isTrue();
  }

  @Test
  @DisplayName("what goes onward is booked by who has the duty, from where it looked")
  void onward() {
    String duty = Onward.duty("files");
    assertThat(one.duty(duty, "a", LEASE)).isTrue();
    Onward seen = one.onward("files");
    assertThat(one.waits(seen, "a", "down", one.now())).isTrue();
    // Frozen with a page; the other node has the duty meanwhile and hands the same rows over.
    books.clock().advance(LEASE);
    assertThat(one.wentOn(seen, "a", 5, "ours")).as("its duty has ended").isFalse();
    assertThat(other.duty(duty, "b", LEASE)).isTrue();
    assertThat(one.wentOn(seen, "a", 5, "ours")).as("another has it").isFalse();
    assertThat(other.wentOn(other.onward("files"), "b", 5, "theirs")).isTrue();
    other.release("b");
    assertThat(one.duty(duty, "a", LEASE)).isTrue();
    assertThat(one.wentOn(seen, "a", 5, "ours")).as("another went on").isFalse();
    assertThat(one.dead(seen, "a", 5, "no")).isFalse();
    assertThat(one.waits(seen, "a", "down", one.now())).isFalse();
    assertThat(one.onward("files"))
        .isEqualTo(new Onward("files", 5, 0, 0, Instant.EPOCH, "", "theirs", 0));

    Onward again = one.onward("files");
    assertThat(one.wentOn(again, "a", 5, "a dead letter, delivered again")).isTrue();
    assertThat(one.wentOn(again, "a", 6, "ours")).as("its files have grown").isFalse();
    assertThat(one.dead(one.onward("files"), "a", 6, "no")).isTrue();
    assertThat(books.ledger().view().onward())
        .singleElement()
        .satisfies(
            files -> {
              assertThat(files.position()).isEqualTo(6);
              assertThat(files.dead()).isEqualTo(1);
              assertThat(files.written()).isEqualTo("a dead letter, delivered again");
            });
  }

  @Test
  @DisplayName("each reader has a run of its own for the messages of a day")
  void messages() {
    Run ones = one.openMessages("crm", Priority.NORMAL, DedupeMode.SKIP);
    Run others = other.openMessages("crm", Priority.NORMAL, DedupeMode.SKIP);
    assertThat(others.id()).isNotEqualTo(ones.id());
    assertThat(one.openMessages("crm", Priority.NORMAL, DedupeMode.SKIP).id()).isEqualTo(ones.id());
    books.clock().advance(Duration.ofDays(1));
    assertThat(books.account(ones).interrupted()).as("its day is over, that is all").isFalse();
    assertThat(one.messagesBefore(one.now())).extracting(Run::id).contains(ones.id(), others.id());
  }
}
