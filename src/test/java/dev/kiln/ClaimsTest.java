package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ledger.SettableClock;
import dev.kiln.ledger.Together;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two Kilns on one inbox: each file is read by one of them, whatever happens to that one. */
final class ClaimsTest {
  private static final Duration LEASE = Duration.ofMinutes(15);

  private final SettableClock clock = new SettableClock(Instant.parse("2026-11-25T08:00:00Z"));
  private Duration passed = Duration.ZERO;
  private final Path folder;
  private final Path file;
  private final Claims one;
  private final Claims other;

  ClaimsTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.file = folder.resolve("leads.csv");
    this.one = kiln("one");
    this.other = kiln("other");
  }

  @BeforeEach
  void drop() throws IOException {
    Files.writeString(file, "email\n");
  }

  private Claims kiln(String data) throws IOException {
    return new Claims(
        Files.createDirectories(folder.resolve(data)), LEASE, clock, () -> passed.toNanos());
  }

  private void advance(Duration time) {
    clock.advance(time);
    passed = passed.plus(time);
  }

  private List<String> claims() {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith("."))
          .sorted()
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Test
  @DisplayName("two commands that come first to a data folder at one time agree on its id")
  void oneIdForAFolder() throws IOException {
    for (int turn = 0; turn < 20; turn++) {
      String data = "new-" + turn;
      Files.createDirectories(folder.resolve(data));
      List<String> ids = Together.run(2, number -> kiln(data).owner());
      assertThat(ids.get(0)).isNotEmpty().isEqualTo(ids.get(1));
      assertThat(folder.resolve(data + "/kiln.id")).hasContent(ids.get(0));
    }
  }

  @Test
  @DisplayName("the first has the file until it is gone, and then leaves nothing behind")
  void firstTakesIt() throws IOException {
    assertThat(one.take(file)).isTrue();
    assertThat(claims()).containsExactly(".leads.csv.claim");
    assertThat(other.take(file)).isFalse();
    assertThat(one.take(file)).as("it has it already").isFalse();
    Files.delete(file);
    one.done(file);
    assertThat(claims()).isEmpty();
    assertThat(other.take(file)).as("it is gone").isFalse();
    assertThat(claims()).isEmpty();
  }

  @Test
  @DisplayName("what was read in part stays claimed, over a restart too")
  void keptOverRestart() throws IOException {
    assertThat(one.take(file)).isTrue();
    one.done(file);
    assertThat(other.take(file)).isFalse();
    assertThat(kiln("one").take(file)).as("the next Kiln on the same data").isTrue();
  }

  @Test
  @DisplayName("another takes it over when it has seen no renewal for the lease, and not before")
  void takenOverAfterTheLease() throws IOException {
    assertThat(one.take(file)).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(other.take(file)).isFalse();
      advance(LEASE.minusMillis(1));
      one.renew();
      assertThat(one.lost(file)).isFalse();
    }
    assertThat(other.take(file)).isFalse();
    advance(LEASE.minusMillis(1));
    assertThat(other.take(file)).isFalse();
    assertThat(one.lost(file)).isFalse();
    advance(Duration.ofMillis(1));
    assertThat(one.lost(file)).as("its own clock tells it so, whatever the disk does").isTrue();
    assertThat(other.take(file)).isTrue();
    one.renew();
    assertThat(one.lost(file)).isTrue();
    one.done(file);
    assertThat(one.take(file)).as("it is the other's now").isFalse();
    assertThat(claims()).containsExactly(".leads.csv.claim", ".leads.csv.claim1");

    Files.delete(file);
    other.done(file);
    assertThat(claims()).isEmpty();
  }

  @Test
  @DisplayName("a clock that is set neither hastens a takeover nor delays it")
  void clockThatIsSet() throws IOException {
    assertThat(one.take(file)).isTrue();
    assertThat(other.take(file)).isFalse();
    clock.advance(LEASE.multipliedBy(4));
    assertThat(other.take(file)).as("set forward").isFalse();
    clock.advance(LEASE.multipliedBy(-8));
    advance(LEASE);
    assertThat(other.take(file)).as("set back").isTrue();
  }

  @Test
  @DisplayName("a name is reserved for a file that is to be put there")
  void reserved() throws IOException {
    Path next = folder.resolve("next.csv");
    assertThat(one.reserve(file)).as("there is one").isFalse();
    assertThat(one.reserve(next)).isTrue();
    assertThat(other.reserve(next)).isFalse();
    Files.writeString(next, "email\n");
    assertThat(other.take(next)).isFalse();
    assertThat(kiln("one").take(next)).isTrue();
  }

  @Test
  @DisplayName("one that another user has reserved is the folder's, and else is made anew")
  void ofAnotherUser() throws IOException {
    Path next = folder.resolve("next.csv");
    Path claim = folder.resolve(".next.csv.claim");
    UserPrincipalLookupService users = folder.getFileSystem().getUserPrincipalLookupService();
    try {
      Files.setOwner(folder, users.lookupPrincipalByName("nobody"));
    } catch (FileSystemException notRoot) {
      // Then everything is this user's.
    }
    assertThat(one.reserve(next)).isTrue();
    assertThat(Files.getOwner(claim)).isEqualTo(Files.getOwner(folder));

    Files.writeString(next, "email\n");
    Files.setPosixFilePermissions(claim, PosixFilePermissions.fromString("r--r--r--"));
    assertThat(kiln("one").take(next)).isTrue();
    assertThat(claims()).containsExactly(".next.csv.claim");
    assertThat(other.take(next)).isFalse();
  }

  @Test
  @DisplayName("a claim that cannot be written leaves nothing, and one that was not is nobody's")
  void notWritten() throws IOException {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> one.take(file)).isInstanceOf(ClosedByInterruptException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(claims()).isEmpty();

    Path next = folder.resolve("next.csv");
    Path claim = folder.resolve(".next.csv.claim");
    for (String torn : List.of("", one.owner())) {
      Files.writeString(claim, torn);
      assertThat(other.taken(next)).isFalse();
      assertThat(other.hold(next)).as("somebody may be about to write it").isFalse();
      advance(LEASE);
      assertThat(other.hold(next)).isTrue();
      assertThat(other.taken(next)).isTrue();
      assertThat(one.hold(next)).isFalse();
      other.done(next);
      assertThat(claims()).isEmpty();
    }
  }

  @Test
  @DisplayName("a name as long as a file system takes can be claimed")
  void longName() throws IOException {
    Path longest = Files.writeString(folder.resolve("l".repeat(251) + ".csv"), "email\n");
    assertThat(one.take(longest)).isTrue();
    assertThat(other.take(longest)).isFalse();
  }

  @Test
  @DisplayName("however many want it at once, one gets it, at first and after each lease")
  void race() throws Exception {
    int kilns = 4;
    List<Claims> all = new ArrayList<>();
    for (int i = 0; i < kilns; i++) {
      all.add(kiln("racer-" + i));
    }
    ExecutorService threads = Executors.newFixedThreadPool(kilns);
    try {
      for (int round = 0; round < 50; round++) {
        CyclicBarrier start = new CyclicBarrier(kilns);
        List<Future<Boolean>> taken = new ArrayList<>();
        for (Claims racer : all) {
          taken.add(
              threads.submit(
                  () -> {
                    start.await();
                    return racer.take(file);
                  }));
        }
        List<Boolean> won = new ArrayList<>();
        for (Future<Boolean> racer : taken) {
          won.add(racer.get());
        }
        assertThat(won).as("round %d", round).containsOnlyOnce(true);
        // Each loser sees the new claim, and its owner dies, as it were.
        for (int i = 0; i < kilns; i++) {
          assertThat(won.get(i) || !all.get(i).take(file)).isTrue();
        }
        int dead = won.indexOf(true);
        all.set(dead, kiln("racer-" + kilns + "-" + round));
        assertThat(all.get(dead).take(file)).isFalse();
        advance(LEASE);
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
