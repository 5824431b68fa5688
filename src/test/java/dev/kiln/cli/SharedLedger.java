package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.Store;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A ledger in PostgreSQL that several Kilns share, as a test looks at it from outside. */
final class SharedLedger {
  private final Store store;

  SharedLedger(Store store) {
    this.store = store;
  }

  /** The lines of application.properties that name it, and more of them. */
  String[] properties(String... more) {
    return Stream.concat(
            Stream.of("kiln.ledger.url = " + store, "kiln.ledger.username = postgres"),
            Stream.of(more))
        .toArray(String[]::new);
  }

  Snapshot snapshot() {
    try (LedgerView view = LedgerView.open(store)) {
      return view.snapshot();
    }
  }

  List<RunAccount> runs() {
    return snapshot().runs();
  }

  /** How many leads of all runs are in a state. */
  long count(LeadState state) {
    return runs().stream().mapToLong(run -> run.states().getOrDefault(state, 0L)).sum();
  }

  /** Whether every run was read to its end, and so many leads were accepted. */
  boolean delivered(long leads) {
    return count(LeadState.ACCEPTED) == leads
        && runs().stream().allMatch(run -> run.phase().equals("READ"));
  }

  /** All leads, or those that may have arrived twice. */
  List<LeadLine> leads(boolean possibleDuplicates) {
    try (LedgerView view = LedgerView.open(store)) {
      return view.leads(null, null, possibleDuplicates, 1_000_000);
    }
  }

  /** Who leads each workspace now. */
  Map<String, String> leaders() {
    Instant now = Instant.now();
    return snapshot().workspaces().stream()
        .filter(workspace -> workspace.leaseUntil().isAfter(now))
        .collect(Collectors.toMap(WorkspaceAccount::name, WorkspaceAccount::leader));
  }

  /** Orders a rate for a workspace, as {@code kiln rate} does. */
  void rate(String workspace, String rate) {
    try (Ledger ledger = Ledger.openBeside(store)) {
      ledger.rate(workspace, new BigDecimal(rate));
    }
  }

  /** The first cell of what a query with one parameter finds. */
  Optional<String> text(String sql, String parameter) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement query = connection.prepareStatement(sql)) {
      query.setString(1, parameter);
      try (ResultSet rows = query.executeQuery()) {
        return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
      }
    }
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement query = connection.prepareStatement(sql);
        ResultSet rows = query.executeQuery()) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(store.toString(), "postgres", null);
  }

  /** Every run was read to its end, and each of its rows was stored once. */
  void mustHaveEachRowOnce(int files, long rows) throws SQLException {
    List<RunAccount> runs = runs();
    assertThat(runs).hasSize(files).allSatisfy(run -> assertThat(run.phase()).isEqualTo("READ"));
    assertThat(runs.stream().mapToLong(RunAccount::read).sum()).isEqualTo(rows);
    assertThat(number("SELECT COUNT(*) FROM lead"))
        .as("each row once")
        .isEqualTo(number("SELECT COUNT(*) FROM (SELECT DISTINCT run, line FROM lead) AS lines"))
        .isEqualTo(rows);
  }

  /**
   * Leads that arrived twice are marked as possible duplicates.
   *
   * @param arrivals how often each lead arrived, by its id
   */
  void mustHaveMarkedRepeats(Map<String, Integer> arrivals) {
    assertThat(leads(true).stream().map(LeadLine::leadId))
        .as("only what was on the wire may arrive twice")
        .containsAll(
            arrivals.entrySet().stream()
                .filter(lead -> lead.getValue() > 1)
                .map(Map.Entry::getKey)
                .toList());
  }
}
