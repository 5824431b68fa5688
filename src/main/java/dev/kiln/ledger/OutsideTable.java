package dev.kiln.ledger;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** A table of another database, by JDBC. */
public final class OutsideTable {
  private static final Pattern PARAMETER = Pattern.compile("(?<![:\\w]):([A-Za-z_]\\w*)");

  private OutsideTable() {}

  /**
   * Executes a statement for each of some rows, all or none.
   *
   * @param url the database's URL
   * @param user its user; null where none is needed
   * @param password likewise
   * @param statement with {@code :name} for the field of that name, where all but letters, digits
   *     and underscores of the field's name is an underscore; null where a row has none
   * @param rows the fields of each row
   * @throws RowRefused if the database does not take a row for the row's own fault
   * @throws IOException if it cannot be used at present
   */
  public static void execute(
      String url,
      @Nullable String user,
      @Nullable String password,
      String statement,
      List<Map<String, @Nullable String>> rows)
      throws IOException {
    Set<String> parameters = new TreeSet<>();
    Matcher parameter = PARAMETER.matcher(statement);
    while (parameter.find()) {
      parameters.add(parameter.group(1));
    }
    Jdbi database = user == null ? Jdbi.create(url) : Jdbi.create(url, user, password);
    try {
      database.useTransaction(
          handle -> {
            PreparedBatch batch = handle.prepareBatch(statement);
            for (Map<String, @Nullable String> row : rows) {
              parameters.forEach(name -> batch.bind(name, row.get(name)));
              batch.add();
            }
            batch.execute();
          });
    } catch (JdbiException failure) {
      Throwable root = Store.root(failure);
      if (root instanceof SQLException refused && isOfTheRow(refused)) {
        throw new RowRefused("the database refuses the row (" + code(refused) + ")");
      }
      // Its message may hold the row.
      throw new IOException(
          "the database fails ("
              + (root instanceof SQLException refused
                  ? code(refused)
                  : root.getClass().getSimpleName())
              + ")");
    }
  }

  private static boolean isOfTheRow(SQLException refused) {
    String state = refused.getSQLState();
    return (state != null && (state.startsWith("22") || state.startsWith("23")))
        || (refused instanceof SQLiteException sqlite
            && (sqlite.getResultCode().code & 0xff) == SQLiteErrorCode.SQLITE_CONSTRAINT.code);
  }

  private static String code(SQLException refused) {
    return refused instanceof SQLiteException sqlite
        ? sqlite.getResultCode().name()
        : "SQLSTATE " + refused.getSQLState();
  }
}
