package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LeadSelection;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerFixture;
import dev.kiln.ledger.Run;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When following runs ends. */
final class FollowingTest {
  @Test
  @Timeout(60)
  void leadsThatAreHeldDoNotEndItWhileOthersOfTheirTableCanGo(@TempDir Path data) throws Exception {
    try (LedgerFixture books = LedgerFixture.in(data)) {
      books.ledger().register(List.of(LedgerFixture.webhook("tech-1", "tech", 0)));
      Run run = books.stored("leads", "tech", 2);
      books.ledger().finish(run.id(), 2, 3, "");
      books.ledger().hold(LeadSelection.ofLead(run.id() + "-2"));

      AtomicInteger looks = new AtomicInteger();
      Following following =
          new Following(
              books.ledger().view(),
              new PrintWriter(Writer.nullWriter()),
              () -> {
                if (looks.incrementAndGet() == 2) {
                  books.send("tech", 200);
                }
                return true;
              });
      Following.End end = following.follow(Set.of(run.id()));
      assertThat(end.runs().get(0).states())
          .isEqualTo(Map.of(LeadState.ACCEPTED, 1L, LeadState.HELD, 1L));
      assertThat(end.parked().get("tech")).contains("kiln release");
    }
  }

  @Test
  @Timeout(60)
  void doesNotWaitForRowsOfLeadsThatWereAcceptedBeforeTheyWereExpected(@TempDir Path data)
      throws Exception {
    try (LedgerFixture books = LedgerFixture.in(data)) {
      books.ledger().register(List.of(LedgerFixture.webhook("tech-1", "tech", 0)));
      Run run = books.stored("leads", "tech", 1);
      books.ledger().finish(run.id(), 1, 2, "");
      books.send("tech", 200);
      books.clock().advance(Duration.ofMillis(1));
      books.ledger().expect(Set.of("tech"));

      Following following =
          new Following(
              books.ledger().view(), new PrintWriter(Writer.nullWriter()), () -> true, true, false);
      assertThat(following.follow(Set.of(run.id())).allThrough()).isTrue();
    }
  }
}
