package dev.kiln.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;

/**
 * The statements that every lead takes, kept prepared for one connection and run without Jdbi,
 * which takes longer for each than the database does. Those that nothing depends on can be put off,
 * to be run together. Their texts are Kiln's own names, or were read from the ledger. Belongs to
 * the writer's thread; the connection's close releases all.
 */
final class Statements {
  /** Makes something of a row. */
  @FunctionalInterface
  interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  private final Store store;
  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();
  private final Set<PreparedStatement> putOff = new LinkedHashSet<>();

  Statements(Store store, Connection connection) {
    this.store = store;
    this.connection = connection;
  }

  /** Runs a statement that returns a row at most; null where there is none. */
  <T> @Nullable T find(String sql, Reader<T> reader, @Nullable Object... values) {
    List<T> rows = all(sql, reader, values);
    return rows.isEmpty() ? null : rows.get(0);
  }

  /** Changes a row; false where there is none. */
  boolean change(String sql, @Nullable Object... values) {
    try {
      return bound(sql, values).executeUpdate() > 0;
    } catch (SQLException failure) {
      throw failed(failure);
    }
  }

  /** Runs a statement that returns any number of rows. */
  <T> List<T> all(String sql, Reader<T> reader, @Nullable Object... values) {
    try {
      PreparedStatement statement = bound(sql, values);
      try (ResultSet rows = statement.executeQuery()) {
        List<T> all = new ArrayList<>();
        while (rows.next()) {
          all.add(reader.read(rows));
        }
        return all;
      }
    } catch (SQLException failure) {
      throw failed(failure);
    }
  }

  /**
   * Has a change made by {@link #catchUp} at the latest, together with others of the same text.
   * Changes of different texts are made in the order in which the first of each was put off.
   */
  void putOff(String sql, @Nullable Object... values) {
    try {
      PreparedStatement statement = bound(sql, values);
      statement.addBatch();
      putOff.add(statement);
    } catch (SQLException failure) {
      throw failed(failure);
    }
  }

  /** Makes the changes that were put off. */
  void catchUp() {
    try {
      for (PreparedStatement statement : putOff) {
        statement.executeBatch();
      }
      putOff.clear();
    } catch (SQLException failure) {
      throw failed(failure);
    }
  }

  /**
   * Forgets the changes that were put off, and the statements: the driver of SQLite closes one that
   * failed.
   */
  void forget() {
    List<PreparedStatement> all = List.copyOf(prepared.values());
    prepared.clear();
    putOff.clear();
    try {
      for (PreparedStatement statement : all) {
        statement.close();
      }
    } catch (SQLException failure) {
      throw failed(failure);
    }
  }

  private PreparedStatement bound(String sql, @Nullable Object... values) throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    for (int i = 0; i < values.length; i++) {
      bind(statement, i + 1, values[i]);
    }
    return statement;
  }

  private void bind(PreparedStatement statement, int position, @Nullable Object value)
      throws SQLException {
    if (value instanceof String text) {
      statement.setString(position, store.storable(text));
    } else if (value instanceof Long number) {
      statement.setLong(position, number);
    } else if (value instanceof Integer number) {
      statement.setInt(position, number);
    } else if (value == null) {
      statement.setNull(position, Types.NULL);
    } else {
      throw new IllegalArgumentException("Neither a text nor a number: " + value.getClass());
    }
  }

  static UnableToExecuteStatementException failed(SQLException failure) {
    return new UnableToExecuteStatementException("A statement failed", failure, null);
  }
}
