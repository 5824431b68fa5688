package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.kiln.Duties.Share;
import dev.kiln.clay.Budgets;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Workspace;
import dev.kiln.ledger.LedgerFixture;
import dev.kiln.ledger.ListedWebhook;
import dev.kiln.status.Alerts;
import dev.kiln.status.Facts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

/** Which of several nodes tells an alert. */
@Isolated("the log of all watches in the JVM is one")
final class WatchTest {
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(Watch.class);
  private final CamelContext camel = new DefaultCamelContext();
  private LedgerFixture books;
  private Facts.Source facts;

  @BeforeEach
  void prepare(@TempDir Path data) {
    books = LedgerFixture.in(data);
    books
        .ledger()
        .register(List.of(new ListedWebhook("id", "tech-1", "tech", "tech-1", 45_000, 0, 44_000)));
    Catalogue catalogue =
        new Catalogue(Map.of("main", new Workspace("main", 8, 0)), Map.of(), Budgets.none());
    facts = new Facts.Source(books.ledger(), () -> catalogue);
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void close() throws Exception {
    logger.detachAppender(log);
    camel.close();
    books.close();
  }

  private Watch watch(Duties duties) {
    Alerts alerts =
        new Alerts(
            Duration.ofMinutes(1), Duration.ofDays(7), table -> true, books.clock().instant());
    return new Watch(facts, alerts, duties, camel);
  }

  private Duties duties(String node) {
    return new Duties(books.ledger(), node, Duration.ofMinutes(1), Share.SOME);
  }

  @Test
  @DisplayName("all nodes see an alert, and the one whose duty it is tells it once")
  void oneTells() {
    try (Duties ours = duties("one");
        Duties theirs = duties("other");
        Watch one = watch(ours);
        Watch other = watch(theirs)) {
      one.look();
      other.look();
      one.look();
      assertThat(log.list).hasSize(1);
      assertThat(log.list.get(0).getFormattedMessage()).contains("tech-1", "44,000 rows");
    }
  }

  @Test
  @DisplayName("what a node saw that ended before it told is told by the next one")
  void takenOver() {
    try (Duties theirs = duties("other");
        Watch other = watch(theirs)) {
      try (Duties ours = duties("one")) {
        ours.keep(duty -> Optional.empty());
        assertThat(ours.mine("alerts")).isTrue();
        other.look();
        assertThat(log.list).isEmpty();
      }
      other.look();
      assertThat(log.list).hasSize(1);
    }
  }
}
