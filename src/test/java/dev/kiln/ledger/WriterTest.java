package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.kiln.ledger.Writer.Operation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WriterTest {
  private static final String PERIOD = "day 2026-11-25";

  private LedgerFixture books;
  private Writer writer;
  private final CountDownLatch hold = new CountDownLatch(1);

  @BeforeEach
  void open(@TempDir Path data) {
    books = LedgerFixture.in(data);
    writer = new Writer(books.store(), new Guard(books.store()));
  }

  @AfterEach
  void close() {
    hold.countDown();
    writer.close();
    books.close();
  }

  /** Spends one credit. */
  private static boolean spend(Transaction transaction) {
    transaction.spend(PERIOD, new Amount(1, 0));
    return true;
  }

  private static Operation<Boolean> failing(Throwable failure) {
    return transaction -> {
      transaction.spend(PERIOD, new Amount(100, 0));
      transaction.handle().execute("INSERT INTO clay_table (name, used) VALUES ('torn', 1)");
      if (failure instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) failure;
    };
  }

  /** Hands an operation in from a thread of its own; its failure, or null. */
  private CompletableFuture<@Nullable Throwable> handIn(Operation<?> operation) {
    CompletableFuture<@Nullable Throwable> failure = new CompletableFuture<>();
    Thread caller =
        new Thread(() -> failure.complete(catchThrowable(() -> writer.write(operation))));
    caller.start();
    await().until(() -> caller.getState() == Thread.State.WAITING);
    return failure;
  }

  /**
   * Keeps the writer busy until {@link #hold} opens, so that what is handed in meanwhile gathers.
   */
  private CompletableFuture<@Nullable Throwable> holdWriter() {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<@Nullable Throwable> held =
        handIn(
            transaction -> {
              begun.countDown();
              try {
                return hold.await(30, TimeUnit.SECONDS);
              } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
              }
            });
    await().until(() -> begun.getCount() == 0);
    return held;
  }

  private static @Nullable Throwable failureOf(CompletableFuture<@Nullable Throwable> handedIn)
      throws Exception {
    return handedIn.get(30, TimeUnit.SECONDS);
  }

  @Test
  void whatIsReadOnceACommitIsReadAnewBehindWhateverChangesIt() {
    books.ledger().register(List.of(LedgerFixture.webhook("tech-1", "tech", 10)));
    Lease lease = books.lead("node");
    books.stored("content", "tech", 4);
    List<Due> due = books.due("tech");
    writer.change(
        transaction -> {
          assertThat(begin(transaction, due.get(0), lease).webhook().used()).isZero();
          WebhookUse webhook = begin(transaction, due.get(1), lease).webhook();
          assertThat(webhook.used()).isOne();
          assertThat(webhook.state()).isEqualTo(WebhookUse.State.OPEN);
          WebhookRows.exhausted(transaction.handle(), webhook.id(), "limit");
          webhook = begin(transaction, due.get(2), lease).webhook();
          assertThat(webhook.used()).isEqualTo(2);
          assertThat(webhook.state()).isEqualTo(WebhookUse.State.EXHAUSTED);
          WorkspaceRows.pause(
              transaction.handle(), lease.workspace(), LedgerFixture.START.plusSeconds(60));
          assertThatThrownBy(() -> begin(transaction, due.get(3), lease))
              .isInstanceOfSatisfying(
                  NotSent.class,
                  notSent -> assertThat(notSent.reason()).isEqualTo(WaitReason.PAUSED));
        });
    assertThat(books.webhook("tech-1").used()).isEqualTo(3);
    books.mustBalance();
  }

  private static Sending begin(Transaction transaction, Due lead, Lease lease) {
    return SendRows.begin(
        transaction, lead, lease, (uses, now) -> uses.get(0), Budget.NONE, LedgerFixture.START);
  }

  @Test
  void whatArrivesDuringACommitSharesTheNextOne() throws Exception {
    var held = holdWriter();
    List<Transaction> commits = new ArrayList<>();
    List<CompletableFuture<@Nullable Throwable>> handedIn = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      handedIn.add(
          handIn(
              transaction -> {
                commits.add(transaction);
                return spend(transaction);
              }));
    }
    hold.countDown();
    for (CompletableFuture<@Nullable Throwable> each : handedIn) {
      assertThat(failureOf(each)).isNull();
    }
    assertThat(failureOf(held)).isNull();
    assertThat(commits).hasSize(5);
    assertThat(commits.stream().distinct()).hasSize(1);
    assertThat(books.spent(PERIOD)).containsExactly(5L, 0L);
  }

  @Test
  @DisplayName("T16: however many write at once, none of them meets a busy database")
  void manyWriteAtOnce() {
    int threads = 32;
    int writes = 10;
    Together.run(
        threads,
        thread -> {
          for (int i = 0; i < writes; i++) {
            writer.write(WriterTest::spend);
          }
          return thread;
        });
    assertThat(books.spent(PERIOD)).containsExactly((long) threads * writes, 0L);
  }

  @Test
  void anOperationThatFailsDoesNotDisturbTheOthersOfItsCommit() throws Exception {
    RuntimeException mistake = new IllegalStateException("a move that is not legal");
    Error worse = new AssertionError("a fault in the code");
    NotSent notNow = new NotSent(WaitReason.PAUSED, "not now", null);
    var held = holdWriter();
    var before = handIn(WriterTest::spend);
    var failed = handIn(failing(mistake));
    var broken = handIn(failing(worse));
    var refused =
        handIn(
            transaction -> {
              throw notNow;
            });
    var noSql =
        handIn(transaction -> transaction.handle().execute("INSERT INTO nowhere DEFAULT VALUES"));
    var after = handIn(WriterTest::spend);
    hold.countDown();
    assertThat(failureOf(held)).isNull();
    assertThat(failureOf(before)).isNull();
    assertThat(failureOf(failed)).isSameAs(mistake);
    assertThat(failureOf(broken)).isSameAs(worse);
    assertThat(failureOf(refused)).isSameAs(notNow);
    assertThat(failureOf(noSql))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContaining("nowhere");
    assertThat(failureOf(after)).isNull();
    assertThat(books.spent(PERIOD)).containsExactly(2L, 0L);
    assertThat(books.dump().get("clay_table")).isEmpty();
    writer.write(WriterTest::spend);
    assertThat(books.spent(PERIOD)).containsExactly(3L, 0L);
  }

  @Test
  void aBudgetSeesWhatTheSameCommitHasSpentAlready() throws Exception {
    var held = holdWriter();
    AtomicReference<Amount> seen = new AtomicReference<>(Amount.NOTHING);
    var spent = handIn(WriterTest::spend);
    var looked =
        handIn(
            transaction -> {
              seen.set(transaction.spent(PERIOD));
              return true;
            });
    hold.countDown();
    assertThat(failureOf(held)).isNull();
    assertThat(failureOf(spent)).isNull();
    assertThat(failureOf(looked)).isNull();
    assertThat(seen.get()).isEqualTo(new Amount(1, 0));
  }

  @Test
  void closingWritesWhatWasHandedInAndRefusesWhatComesLater() throws Exception {
    var held = holdWriter();
    var pending = handIn(WriterTest::spend);
    Thread closing = new Thread(writer::close);
    closing.start();
    // Interrupted on its own thread, the held operation fails; what stood behind it does not.
    assertThat(failureOf(held)).isInstanceOf(IllegalStateException.class);
    assertThat(failureOf(pending)).isNull();
    closing.join();
    assertThat(books.spent(PERIOD)).containsExactly(1L, 0L);
    assertThatThrownBy(() -> writer.write(WriterTest::spend)).isInstanceOf(LedgerUnavailable.class);
  }
}
