package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.Lease;
import dev.kiln.ledger.LedgerFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How leaders spread over the nodes: several of them on one real ledger, step by step. */
final class LeadershipTest {
  private static final Duration LEASE = Duration.ofSeconds(10);
  private static final Set<String> WORKSPACES = Set.of("a", "b", "c", "d");

  private LedgerFixture books;

  /** A node as delivery would have it: what it may take it takes, what is surplus it gives back. */
  private final class Member {
    private final String name;
    private final Leadership leadership;
    private final Map<String, Lease> led = new HashMap<>();

    /** What its routes do not deliver. */
    private final Set<String> stopped = new TreeSet<>();

    Member(String name) {
      this.name = name;
      this.leadership = new Leadership(books.ledger(), name, LEASE);
    }

    void beat() {
      books.ledger().beat(name, "1", books.ledger().now(), LEASE);
    }

    void step() {
      for (String workspace : new TreeSet<>(WORKSPACES)) {
        if (led.containsKey(workspace)) {
          books
              .ledger()
              .lead(workspace, name, LEASE, false)
              .ifPresentOrElse(lease -> led.put(workspace, lease), () -> led.remove(workspace));
        } else if (!stopped.contains(workspace)
            && leadership.mayTake(workspace, led.size(), WORKSPACES)) {
          books
              .ledger()
              .lead(workspace, name, LEASE, false)
              .ifPresent(lease -> led.put(workspace, lease));
        }
      }
      leadership
          .surplus(led.keySet(), WORKSPACES)
          .ifPresent(
              workspace -> {
                leadership.gave(workspace);
                books.ledger().resign(led.remove(workspace));
                moves++;
              });
    }

    Set<String> led() {
      return new TreeSet<>(led.keySet());
    }
  }

  private int moves;

  @BeforeEach
  void open(@TempDir Path folder) {
    books = LedgerFixture.in(folder);
  }

  @AfterEach
  void close() {
    books.close();
  }

  /** Lets some nodes live for so many seconds. */
  private void live(int seconds, Member... members) {
    for (int second = 0; second < seconds; second++) {
      for (Member member : members) {
        member.beat();
        member.step();
      }
      books.clock().advance(Duration.ofSeconds(1));
    }
  }

  private static List<String> all(Member... members) {
    List<String> led = new ArrayList<>();
    for (Member member : members) {
      led.addAll(member.led());
    }
    return led;
  }

  @Test
  void oneNodeLeadsAllAndGivesTheFairShareToOneThatComes() {
    Member first = new Member("first");
    Member second = new Member("second");
    live(1, first);
    assertThat(first.led()).isEqualTo(WORKSPACES);

    live(10, first, second);
    assertThat(second.led()).as("a node that may be gone in a moment").isEmpty();
    live(4, first, second);
    assertThat(first.led()).containsExactly("a", "b");
    assertThat(second.led()).containsExactly("c", "d");
    assertThat(moves).isEqualTo(2);

    Member third = new Member("third");
    live(60, first, second, third);
    assertThat(all(first, second, third)).containsExactlyInAnyOrderElementsOf(WORKSPACES);
    assertThat(moves).as("two of four are a fair share of three nodes").isEqualTo(2);
  }

  @Test
  void whatADeadNodeLedIsTakenAtOnceWhenItsLeaseEnds() {
    Member first = new Member("first");
    Member second = new Member("second");
    live(30, first, second);
    assertThat(second.led()).hasSize(2);
    live(9, first);
    assertThat(first.led()).hasSize(2);
    live(2, first);
    assertThat(first.led()).isEqualTo(WORKSPACES);
    // It was only frozen, and gets its share again.
    second.step();
    assertThat(second.led()).isEmpty();
    live(30, first, second);
    assertThat(first.led()).hasSize(2);
    assertThat(second.led()).hasSize(2);
    assertThat(moves).isEqualTo(4);
  }

  @Test
  void whatNobodyTakesIsKept() {
    Member first = new Member("first");
    Member second = new Member("second");
    live(1, first);
    second.stopped.addAll(WORKSPACES);
    live(120, first, second);
    assertThat(first.led()).isEqualTo(WORKSPACES);
    assertThat(moves).as("one after the other, in vain").isEqualTo(2);

    second.stopped.clear();
    live(60, first, second);
    assertThat(moves).as("not again while the same nodes live").isEqualTo(2);
    Member third = new Member("third");
    live(60, first, second, third);
    assertThat(first.led()).hasSize(2);
    assertThat(all(first, second, third)).containsExactlyInAnyOrderElementsOf(WORKSPACES);
  }

  @Test
  void aFreeWorkspaceThatNoneTakesWithinItsShareIsAnybodys() {
    Member first = new Member("first");
    Member second = new Member("second");
    first.beat();
    live(30, second, first);
    second.stopped.addAll(WORKSPACES);
    second.led.values().forEach(books.ledger()::resign);
    second.led.clear();
    live(9, first, second);
    assertThat(first.led()).hasSize(2);
    live(60, first, second);
    assertThat(first.led()).isEqualTo(WORKSPACES);
    assertThat(moves).isZero();
  }

  @Test
  void whoIsNotAmongTheLivingLeadsOnlyWhereNobodyElseDoes() {
    Member guest = new Member("guest");
    guest.step();
    assertThat(guest.led()).isEqualTo(WORKSPACES);
    Member first = new Member("first");
    for (int second = 0; second < 30; second++) {
      live(1, first);
      guest.step();
    }
    assertThat(guest.led()).isEmpty();
    assertThat(first.led()).isEqualTo(WORKSPACES);
  }
}
