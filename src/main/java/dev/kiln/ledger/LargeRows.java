package dev.kiln.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.result.ResultIterator;
import org.jdbi.v3.core.statement.Query;

/** Reads rows that hold a lead's data, of which each may be a megabyte. */
final class LargeRows {
  /** Rows that a server's driver holds at a time; outside a transaction it would hold all. */
  private static final int FETCHED = 8;

  private LargeRows() {}

  /**
   * The first rows of a query that a transaction asks: no more once their data has reached a length
   * together, so that it bounds the heap; at least one.
   *
   * @param length how many characters of data a row has
   * @param most how many are enough
   */
  static <T> List<T> first(Query query, RowMapper<T> mapper, ToIntFunction<T> length, int most) {
    List<T> rows = new ArrayList<>();
    long sum = 0;
    try (ResultIterator<T> found = query.setFetchSize(FETCHED).map(mapper).iterator()) {
      while (sum < most && found.hasNext()) {
        T row = found.next();
        rows.add(row);
        sum += length.applyAsInt(row);
      }
    }
    return rows;
  }
}
