package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger keeps of intake over HTTP. */
final class SubmissionTest {
  private LedgerFixture books;

  @BeforeEach
  void open(@TempDir Path data) {
    books = LedgerFixture.in(data);
  }

  @AfterEach
  void balanced() {
    books.mustBalance();
    books.close();
  }

  private Optional<Run> submit(String source, String hash, @Nullable String key) {
    return submit(source, hash, key, DedupeMode.SKIP, false);
  }

  private Optional<Run> submit(
      String source, String hash, @Nullable String key, DedupeMode dedupe, boolean anew) {
    Ledger ledger = books.ledger();
    return ledger.submit(
        new Submission(
            ledger.newRunId(), "POST /leads", source, Priority.HIGH, hash, dedupe, anew, key));
  }

  @Test
  void aSubmissionGetsItsOwnIdAndIsFoundByIt() {
    Ledger ledger = books.ledger();
    String id = ledger.newRunId();
    Run run =
        ledger
            .submit(
                new Submission(
                    id, "POST /leads", "x", Priority.LOW, "hash", DedupeMode.CHANGED, false, null))
            .orElseThrow();
    assertThat(run)
        .isEqualTo(new Run(id, "x", Priority.LOW, 0, 0, 0, false, DedupeMode.CHANGED, false));
    Run found = ledger.run(id).orElseThrow();
    assertThat(found.source()).isEqualTo("x");
    assertThat(found.priority()).isEqualTo(Priority.LOW);
    assertThat(found.finished()).isFalse();
    assertThat(ledger.run("another")).isEmpty();
    LedgerView.RunAccount account = ledger.view().account(id).orElseThrow();
    assertThat(account).isEqualTo(books.snapshot().runs().get(0));
    assertThat(account.name()).isEqualTo("POST /leads");
    assertThat(ledger.view().account("another")).isEmpty();
  }

  @Test
  void theSameContentIsTheSameRunUnlessReadAnew() {
    Run run = submit("x", "hash", null).orElseThrow();
    assertThat(submit("x", "hash", null).orElseThrow().id()).isEqualTo(run.id());
    assertThat(submit("y", "hash", null).orElseThrow().id()).isNotEqualTo(run.id());
    Run unread = submit("x", "hash", null, DedupeMode.FORCE, true).orElseThrow();
    assertThat(unread.id()).as("one that is not read yet goes on so").isEqualTo(run.id());
    assertThat(unread.dedupe()).isEqualTo(DedupeMode.FORCE);
    assertThat(books.ledger().run(run.id()).orElseThrow().dedupe()).isEqualTo(DedupeMode.FORCE);

    books.ledger().finish(run.id(), 0, 0, "");
    assertThat(submit("x", "hash", null).orElseThrow().finished()).isTrue();
    Run anew = submit("x", "hash", null, DedupeMode.FORCE, true).orElseThrow();
    assertThat(anew.id()).isNotEqualTo(run.id());
    assertThat(anew.finished()).isFalse();
  }

  @Test
  void aKeyMeansItsFirstRunOverARestartAndNoOther() {
    Run run = submit("x", "hash", "key").orElseThrow();
    books.ledger().refuse(run.id(), "no leads", "");
    books.reopen();
    Run again = submit("x", "hash", "key").orElseThrow();
    assertThat(again.id()).isEqualTo(run.id());
    assertThat(again.finished()).as("refused: nothing is left to read").isTrue();
    assertThat(submit("x", "other", "key")).isEmpty();
    assertThat(submit("y", "hash", "key")).isEmpty();
    assertThat(submit("x", "hash", null).orElseThrow().id()).isNotEqualTo(run.id());
    assertThat(books.snapshot().runs()).hasSize(2);
  }

  @Test
  void aWatermarkIsKeptForEachSource() {
    assertThat(books.ledger().watermark("x")).isEqualTo(Watermark.START);
    Watermark first = new Watermark("https://crm.example/?key=s3cret", "\"1\"", "");
    books.ledger().move("x", first);
    books.ledger().move("x", new Watermark("page 2", "", "yesterday"));
    books.reopen();
    assertThat(books.ledger().watermark("x")).isEqualTo(new Watermark("page 2", "", "yesterday"));
    assertThat(books.ledger().watermark("y")).isEqualTo(Watermark.START);
    assertThat(first.toString()).doesNotContain("s3cret");
  }
}
