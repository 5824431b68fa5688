package dev.kiln.ledger;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/** What is wrong with PostgreSQL when it refuses, with the words and the cure for a person. */
enum PostgresFault implements Fault {
  /** It is not there, is going down or coming up, or the connection broke. */
  AWAY,
  /** There is no room left. */
  FULL,
  /** Its disk fails, or it has no memory left. */
  DISK,
  /** User, password or rights. */
  FORBIDDEN,
  /** No such database or schema. */
  MISSING,
  /** It only looks: a copy, or told to. */
  READ_ONLY,
  /** Somebody else writes and does not end. */
  LOCKED,
  /** It ended a statement of its own accord. */
  STOPPED,
  /** It has no connection left. */
  CROWDED,
  /** Pages or indexes of it are broken. */
  DAMAGED,
  /** The database is well and does not take what is to be written. */
  CONTENT,
  /** The database is well and the operation is at fault. */
  OPERATION;

  static PostgresFault of(Throwable failure) {
    SQLException refused = refused(failure);
    if (refused == null) {
      return OPERATION;
    }
    String state = refused.getSQLState();
    if (state == null || state.length() != 5) {
      return refused instanceof SQLTransientConnectionException ? AWAY : OPERATION;
    }
    return switch (state) {
      case "53100" -> FULL;
      case "53300" -> CROWDED;
      case "25P03", "57P01", "57P02", "57P03", "57P05" -> AWAY;
      case "42501" -> FORBIDDEN;
      case "3D000", "3F000" -> MISSING;
      case "25006" -> READ_ONLY;
      case "55P03", "40P01", "40001" -> LOCKED;
      case "57014", "25P04" -> STOPPED;
      case "XX001", "XX002" -> DAMAGED;
      default ->
          switch (state.substring(0, 2)) {
            case "08" -> AWAY;
            case "28" -> FORBIDDEN;
            case "53", "58" -> DISK;
            case "22", "54" -> CONTENT;
            default -> OPERATION;
          };
    };
  }

  /** The innermost of the database's own exceptions. */
  private static @Nullable SQLException refused(Throwable failure) {
    SQLException innermost = null;
    for (Throwable one = failure; one != null; one = one.getCause()) {
      if (one instanceof SQLException refused) {
        innermost = refused;
      }
    }
    return innermost;
  }

  @Override
  public boolean ofOperation() {
    return this == OPERATION || this == CONTENT;
  }

  @Override
  public boolean ofContent() {
    return this == CONTENT;
  }

  @Override
  public boolean forNow() {
    return switch (this) {
      case AWAY, FULL, DISK, READ_ONLY, LOCKED, STOPPED, CROWDED -> true;
      case FORBIDDEN, MISSING, DAMAGED, CONTENT, OPERATION -> false;
    };
  }

  @Override
  public boolean damage() {
    return this == DAMAGED;
  }

  /** Why, and what to do about it; tells neither the password nor what was to be written. */
  static String words(Throwable failure) {
    SQLException refused = refused(failure);
    String detail = (refused == null ? Store.root(failure) : refused).getMessage();
    return of(failure).words(detail == null ? "no reason given" : detail.strip());
  }

  private String words(String detail) {
    return switch (this) {
      case AWAY ->
          "PostgreSQL cannot be reached ("
              + detail
              + "). "
              + (detail.contains("SSL")
                  ? "Look at sslmode and sslrootcert in kiln.ledger.url, and whether the server speaks TLS"
                  : "Start it, or mend the network to it; kiln.ledger.url says where it is")
              + again();
      case FULL -> "the disk of PostgreSQL is full. Free some space on it" + again();
      case DISK ->
          "PostgreSQL's computer fails (" + detail + "). Look at its disk and memory" + again();
      case FORBIDDEN ->
          "PostgreSQL does not let Kiln in ("
              + detail
              + "). Look at kiln.ledger.username and kiln.ledger.password, and let that user make and"
              + " change tables"
              + again();
      case MISSING ->
          "it is not there ("
              + detail
              + "). Make the database or schema that kiln.ledger.url names"
              + again();
      case READ_ONLY ->
          "this PostgreSQL only looks. If it is a standby, name the primary in kiln.ledger.url, or all of"
              + " them and targetServerType=primary; if not, default_transaction_read_only is on: ALTER"
              + " ROLE or ALTER DATABASE ... SET default_transaction_read_only = off"
              + again();
      case LOCKED ->
          "another session keeps it locked ("
              + detail
              + "). End that session: pg_stat_activity shows it"
              + again();
      case STOPPED ->
          "PostgreSQL ended what Kiln asked for ("
              + detail
              + "). If that was its statement_timeout or transaction_timeout, ALTER ROLE ... SET it to 0"
              + " for Kiln's user"
              + again();
      case CROWDED ->
          "PostgreSQL has no connection left ("
              + detail
              + "). Each Kiln, and each command beside it, takes up to "
              + (1 + Store.READERS)
              + ": raise max_connections, or the limit of Kiln's user or database"
              + again();
      case DAMAGED ->
          "it is damaged ("
              + detail
              + "). Nothing is read in or sent with it. Stop Kiln and bring back a backup of the database";
      case CONTENT, OPERATION -> detail;
    };
  }

  private static String again() {
    return ", then try again; a running Kiln goes on by itself";
  }
}
