package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StatementsTest {
  private static final String INSERT = "INSERT INTO text (text) VALUES (?) RETURNING length(text)";
  private static final String LONG = "x".repeat(100_000);

  /** Inserts a text and reads its length. */
  private static @Nullable Integer length(Statements statements, String text) {
    return statements.find(INSERT, row -> row.getInt(1), text);
  }

  @Test
  @DisplayName("a statement that failed works again once its cause is gone")
  void again(@TempDir Path folder) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("db"));
        Statement other = connection.createStatement()) {
      other.execute("CREATE TABLE text (text)");
      connection.setAutoCommit(false);
      Statements statements = new Statements(Store.embedded(folder), connection);
      assertThat(length(statements, "short")).isEqualTo(5);
      other.execute("PRAGMA max_page_count = 2");
      statements.putOff("DELETE FROM text WHERE text = ?", "short");
      assertThatThrownBy(() -> length(statements, LONG))
          .isInstanceOf(UnableToExecuteStatementException.class)
          .hasStackTraceContaining("full");
      statements.forget();
      connection.rollback();
      other.execute("PRAGMA max_page_count = 1000");
      assertThat(length(statements, LONG)).isEqualTo(LONG.length());
      statements.catchUp();
      connection.commit();
      Integer texts = statements.find("SELECT COUNT(*) FROM text", row -> row.getInt(1));
      assertThat(texts).isEqualTo(1);
    }
  }
}
