package dev.kiln.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** The version of the ledger's tables: the number of the last migration. */
final class Schema {
  private static final Pattern MIGRATION = Pattern.compile("(?:.*/)?sqlite/V(\\d+)__\\w+\\.sql");

  private static final int NONE = -1;
  private static final String NO_LEDGER = "it is no ledger of Kiln";

  private Schema() {}

  /** The version that this Kiln works with. */
  static int newest() {
    URL first = Objects.requireNonNull(Schema.class.getResource("sqlite/V1__ledger.sql"));
    try {
      if (first.openConnection() instanceof JarURLConnection jar) {
        return newest(jar.getJarFile().stream().map(Object::toString));
      }
      Path folder = Objects.requireNonNull(Path.of(first.toURI()).getParent());
      try (Stream<Path> files = Files.list(folder)) {
        return newest(files.map(Path::toUri).map(URI::getPath));
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static int newest(Stream<String> files) {
    return files
        .map(MIGRATION::matcher)
        .filter(Matcher::matches)
        .mapToInt(migration -> Integer.parseInt(migration.group(1)))
        .max()
        .orElseThrow();
  }

  /** The version of a database; -1 where it has none of Kiln's tables. */
  static int of(DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      try (ResultSet tables =
          statement.executeQuery(
              "SELECT 1 FROM sqlite_master WHERE name = 'flyway_schema_history'")) {
        if (!tables.next()) {
          return NONE;
        }
      }
      try (ResultSet history =
          statement.executeQuery(
              "SELECT COALESCE(MAX(CAST(version AS INTEGER)), 0) FROM flyway_schema_history WHERE success = 1")) {
        return history.getInt(1);
      }
    }
  }

  /**
   * Brings a database to the newest version; one that is newer still is refused.
   *
   * @param mayBeNew whether it may have none of Kiln's tables yet
   */
  static void migrate(DataSource database, boolean mayBeNew) throws SQLException {
    int version = of(database);
    mustNotBeNewer(version);
    if (version == NONE && !mayBeNew) {
      throw new IllegalStateException(NO_LEDGER);
    }
    Flyway.configure()
        .dataSource(database)
        .locations("classpath:dev/kiln/ledger/sqlite")
        .load()
        .migrate();
  }

  /** Refuses a database of any other version, since this Kiln's SQL is not made for it. */
  static void mustBeCurrent(DataSource database) throws SQLException {
    int version = of(database);
    mustNotBeNewer(version);
    if (version == NONE) {
      throw new IllegalStateException(NO_LEDGER);
    }
    if (version < newest()) {
      throw new IllegalStateException(
          "it is of an older Kiln (schema "
              + version
              + ", this one needs "
              + newest()
              + "). Stop the older one; \"kiln run\" of this one brings it up to date");
    }
  }

  private static void mustNotBeNewer(int version) {
    if (version > newest()) {
      throw new IllegalStateException(
          "it is of a newer Kiln (schema "
              + version
              + ", this one knows up to "
              + newest()
              + "). Use that Kiln, or restore a backup of this one");
    }
  }
}
