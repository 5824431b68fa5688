package dev.kiln.ledger;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Moves an embedded ledger to PostgreSQL: every row of every table, in one transaction of the
 * target. One that is broken off leaves nothing behind but empty tables, and begins anew.
 */
public final class Transfer {
  /** Rows that are told of at once. */
  private static final int STEP = 10_000;

  /** Sums of numbers are of their remainders, so that none is too large. */
  private static final long PRIME = 1_000_003;

  /** Hears how far it is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Some rows more are copied.
     *
     * @param table their table
     * @param rows so many of this table by now
     */
    void copied(String table, long rows);
  }

  /**
   * What was moved.
   *
   * @param rows how many rows, by table
   * @param aside where the embedded ledger is kept
   */
  public record Moved(Map<String, Long> rows, Path aside) {}

  private record Column(String name, boolean text, boolean counted) {}

  /** What is in a table: rows, and of each column how much is in it and the sum of that. */
  private record Sums(long rows, List<Long> columns) {}

  private final Sqlite from;
  private final Postgres to;

  private Transfer(Sqlite from, Postgres to) {
    this.from = from;
    this.to = to;
  }

  /**
   * Moves a ledger. The caller holds the lock of the data folder.
   *
   * @param data the data folder; its ledger is put aside at the end, so that none goes on with it
   * @param target where to; without a ledger, with an empty one, or with this one, whose move was
   *     not finished
   * @param now the present
   * @param progress hears how far it is
   * @throws LedgerUnavailable if one of the two cannot be used, with the cure
   * @throws IllegalStateException if another ledger is there; nothing is changed then
   * @throws IOException if the embedded ledger cannot be put aside; it can be begun anew then
   */
  public static Moved move(Path data, Store target, Instant now, Progress progress)
      throws IOException {
    if (!(target instanceof Postgres postgres)) {
      throw new IllegalArgumentException("A ledger is moved to PostgreSQL only.");
    }
    Sqlite embedded = new Sqlite(data);
    Map<String, Long> rows = new Transfer(embedded, postgres).copy(progress);
    return new Moved(rows, embedded.putAside(now));
  }

  private Map<String, Long> copy(Progress progress) {
    from.mustBeSound();
    to.mustBeFit(false);
    try {
      Schema.mustBeCurrent(from.writer());
    } catch (RuntimeException | SQLException failure) {
      throw from.cannotBeOpened(failure);
    }
    try {
      Schema.migrate(to, true);
    } catch (RuntimeException | SQLException failure) {
      throw to.cannotBeOpened(failure);
    }
    try (Handle source = from.connect();
        Handle target = to.jdbi(to.writer()).open()) {
      from.begin(source, false);
      to.begin(target, false);
      // It waits while the source is read.
      target.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
      Map<String, Long> rows = copy(source, target, progress);
      target.commit();
      source.rollback();
      return rows;
    } catch (SQLException failure) {
      throw to.unavailable("The ledger cannot be moved to " + to, failure);
    }
  }

  private Map<String, Long> copy(Handle source, Handle target, Progress progress)
      throws SQLException {
    Map<String, List<Column>> tables = tables(target.getConnection());
    Map<String, Sums> there = new TreeMap<>();
    for (Map.Entry<String, List<Column>> table : tables.entrySet()) {
      there.put(table.getKey(), sums(target, table.getKey(), table.getValue()));
    }
    boolean empty = there.values().stream().allMatch(sums -> sums.rows == 0);
    Map<String, Sums> ours = new TreeMap<>();
    for (Map.Entry<String, List<Column>> table : tables.entrySet()) {
      ours.put(
          table.getKey(),
          read(source, empty ? target : null, table.getKey(), table.getValue(), progress));
    }
    if (empty) {
      for (Map.Entry<String, List<Column>> table : tables.entrySet()) {
        there.put(table.getKey(), sums(target, table.getKey(), table.getValue()));
        goOnCounting(target, table.getKey(), table.getValue());
      }
    }
    for (String table : tables.keySet()) {
      if (!Objects.equals(ours.get(table), there.get(table))) {
        throw new IllegalStateException(
            empty
                ? "Table " + table + " is not the same in " + to + ": nothing was moved."
                : "There is another ledger in " + to + ": name a database without one.");
      }
    }
    Map<String, Long> rows = new LinkedHashMap<>();
    ours.forEach((table, sums) -> rows.put(table, sums.rows));
    return rows;
  }

  /** The tables of the target with their columns, which are those of the source. */
  private static Map<String, List<Column>> tables(Connection connection) throws SQLException {
    Map<String, List<Column>> tables = new TreeMap<>();
    try (ResultSet columns =
        connection.getMetaData().getColumns(null, Schema.schema(connection), "%", "%")) {
      while (columns.next()) {
        String type = columns.getString("TYPE_NAME");
        tables
            .computeIfAbsent(columns.getString("TABLE_NAME"), table -> new ArrayList<>())
            .add(
                new Column(
                    columns.getString("COLUMN_NAME"),
                    type.equals("text"),
                    columns.getString("IS_AUTOINCREMENT").equals("YES")));
      }
    }
    tables.keySet().removeIf(table -> table.startsWith("flyway"));
    // Indexes have columns too.
    tables.keySet().retainAll(Schema.tables(connection));
    return tables;
  }

  private static Sums sums(Handle target, String table, List<Column> columns) {
    String each =
        columns.stream()
            .map(
                column ->
                    ", COUNT("
                        + column.name
                        + "), COALESCE(SUM("
                        + (column.text
                            ? "LENGTH(" + column.name + ")"
                            : column.name + " % " + PRIME)
                        + "), 0)")
            .collect(Collectors.joining());
    return target
        .createQuery("SELECT COUNT(*)" + each + " FROM " + table)
        .map(
            (row, context) -> {
              List<Long> found = new ArrayList<>();
              for (int i = 0; i < 2 * columns.size(); i++) {
                found.add(row.getLong(i + 2));
              }
              return new Sums(row.getLong(1), found);
            })
        .one();
  }

  /** Reads a table, and copies it where there is somewhere to copy it to. */
  private Sums read(
      Handle source, @Nullable Handle target, String table, List<Column> columns, Progress progress)
      throws SQLException {
    String names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
    long[] sums = new long[2 * columns.size()];
    long rows = 0;
    CopyIn copy =
        target == null
            ? null
            : target
                .getConnection()
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY " + table + " (" + names + ") FROM STDIN");
    try (Statement statement = source.getConnection().createStatement();
        ResultSet found = statement.executeQuery("SELECT " + names + " FROM " + table)) {
      while (found.next()) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < columns.size(); i++) {
          line.append(i == 0 ? "" : "\t").append(value(found, i, columns.get(i), sums));
        }
        rows++;
        if (copy != null) {
          byte[] bytes = line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
          copy.writeToCopy(bytes, 0, bytes.length);
        }
        if (rows % STEP == 0) {
          progress.copied(table, rows);
        }
      }
      if (copy != null) {
        copy.endCopy();
      }
    } finally {
      if (copy != null && copy.isActive()) {
        copy.cancelCopy();
      }
    }
    progress.copied(table, rows);
    return new Sums(rows, LongStream.of(sums).boxed().toList());
  }

  /** A value as COPY reads it; adds to what is in its column. */
  private String value(ResultSet row, int index, Column column, long[] sums) throws SQLException {
    String text = row.getString(index + 1);
    if (text == null) {
      return "\\N";
    }
    sums[2 * index]++;
    if (!column.text) {
      sums[2 * index + 1] += Long.parseLong(text) % PRIME;
      return text;
    }
    String storable = to.storable(text);
    sums[2 * index + 1] += storable.codePointCount(0, storable.length());
    return storable
        .replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }

  /** New rows get numbers behind those that there are, and behind what went onward already. */
  private static void goOnCounting(Handle target, String table, List<Column> columns) {
    for (Column column : columns) {
      if (column.counted) {
        String last = "SELECT COALESCE(MAX(" + column.name + "), 0) FROM " + table;
        target
            .createQuery(
                "SELECT setval(pg_get_serial_sequence(:table, :column), 1 + GREATEST(("
                    + last
                    + "), "
                    + (table.equals("result")
                        ? "(SELECT COALESCE(MAX(position), 0) FROM onward)"
                        : "0")
                    + "), false)")
            .bind("table", table)
            .bind("column", column.name)
            .mapTo(Long.class)
            .one();
      }
    }
  }
}
