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
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** The version of the ledger's tables: the number of the last migration, in every database. */
final class Schema {
  private static final Pattern MIGRATION = Pattern.compile("(?:.*/)?sqlite/V(\\d+)__\\w+\\.sql");

  private static final String HISTORY = "flyway_schema_history";
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
    try (Connection connection = database.getConnection()) {
      return of(connection, tables(connection));
    }
  }

  private static int of(Connection connection, Set<String> tables) throws SQLException {
    if (!tables.contains(HISTORY)) {
      return NONE;
    }
    try (Statement statement = connection.createStatement();
        ResultSet history =
            statement.executeQuery(
                "SELECT COALESCE(MAX(CAST(version AS INTEGER)), 0) FROM "
                    + HISTORY
                    + " WHERE success")) {
      history.next();
      return history.getInt(1);
    }
  }

  /** Whether there are Kiln's tables. */
  static boolean isThere(DataSource database) throws SQLException {
    return of(database) != NONE;
  }

  /** The names of the tables in the schema that a connection works in. */
  static Set<String> tables(Connection connection) throws SQLException {
    Set<String> names = new HashSet<>();
    try (ResultSet tables =
        connection.getMetaData().getTables(null, schema(connection), "%", new String[] {"TABLE"})) {
      while (tables.next()) {
        names.add(tables.getString("TABLE_NAME"));
      }
    }
    return names;
  }

  /** The schema that a connection works in, as a pattern for its name; null in SQLite, without. */
  static @Nullable String schema(Connection connection) throws SQLException {
    String name = connection.getSchema();
    if (name != null) {
      String escape = connection.getMetaData().getSearchStringEscape();
      for (String special : List.of(escape, "_", "%")) {
        name = name.replace(special, escape + special);
      }
    } else if (connection.isWrapperFor(PGConnection.class)) {
      throw missing();
    }
    return name;
  }

  /** PostgreSQL has no schema to work in. */
  static SQLException missing() {
    return new SQLException(
        "none of the schemas that it is to work in is there, or its user may not use it", "3F000");
  }

  /**
   * Brings a database to the newest version; one that is newer still is refused, and so is one with
   * tables of something else.
   *
   * @param mayBeNew whether it may have none of Kiln's tables yet
   */
  static void migrate(Store store, boolean mayBeNew) throws SQLException {
    migrate(store.writer(), store.migrations(), mayBeNew);
  }

  static void migrate(DataSource database, String migrations, boolean mayBeNew)
      throws SQLException {
    int version;
    try (Connection connection = database.getConnection()) {
      // One look: between two, a node that starts at the same moment may have made them.
      Set<String> tables = tables(connection);
      version = of(connection, tables);
      if (version == NONE && !mayBeNew) {
        throw new IllegalStateException(NO_LEDGER);
      }
      if (version == NONE && !tables.isEmpty()) {
        throw new IllegalStateException(NO_LEDGER + ", and tables of something else are in it");
      }
    }
    mustNotBeNewer(version);
    if (version == newest()) {
      return;
    }
    Flyway.configure()
        .dataSource(database)
        .locations("classpath:dev/kiln/ledger/" + migrations)
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
