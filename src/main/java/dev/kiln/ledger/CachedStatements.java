package dev.kiln.ledger;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jdbi.v3.core.statement.StatementBuilder;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Keeps the prepared statements of one connection open for reuse, since SQLite would otherwise
 * compile the same SQL for every lead. Belongs to the writer's thread; the connection's close
 * releases all.
 */
final class CachedStatements implements StatementBuilder {
  /** Most statements kept: more than there are, unless their text varies. */
  private static final int MOST = 100;

  private final Map<String, PreparedStatement> idle = new HashMap<>();

  /** What each statement was compiled from, which is not the text that {@link #close} gets. */
  private final IdentityHashMap<Statement, String> compiled = new IdentityHashMap<>();

  @Override
  public Statement create(Connection connection, StatementContext context) throws SQLException {
    return connection.createStatement();
  }

  @Override
  public PreparedStatement create(Connection connection, String sql, StatementContext context)
      throws SQLException {
    PreparedStatement statement = idle.remove(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      compiled.put(statement, sql);
    }
    return statement;
  }

  @Override
  public CallableStatement createCall(Connection connection, String sql, StatementContext context)
      throws SQLException {
    return connection.prepareCall(sql);
  }

  @Override
  public void close(Connection connection, String named, Statement statement) throws SQLException {
    String sql = compiled.get(statement);
    if (statement instanceof PreparedStatement prepared
        && sql != null
        && idle.size() < MOST
        && !idle.containsKey(sql)
        && cleared(prepared)) {
      idle.put(sql, prepared);
    } else {
      compiled.remove(statement);
      statement.close();
    }
  }

  /** Makes a statement as it was; false for one that the driver has closed, since it failed. */
  private static boolean cleared(PreparedStatement statement) {
    try {
      statement.clearParameters();
      statement.clearBatch();
      return true;
    } catch (SQLException closed) {
      return false;
    }
  }
}
