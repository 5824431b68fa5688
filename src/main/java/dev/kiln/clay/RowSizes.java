package dev.kiln.clay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ledger.Due;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rows that leads of one table would travel as: how large they are, and the first of them. */
public final class RowSizes {
  /**
   * A larger row is not posted: Clay takes 100 KB a request and does not say which KB, and the
   * smaller one is safe (Clay: webhook limits).
   */
  public static final int MOST_BYTES = 100_000;

  /** A larger row is cut where its table says so. */
  public static final int TARGET_BYTES = Body.TARGET_BYTES;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Table table;
  private final String webhook;
  private String first = "";
  private long rows;
  private long bytes;
  private long largest;
  private long cut;
  private long tooLarge;

  /**
   * Rows of a table, none yet.
   *
   * @param table the table
   * @param webhook the name of the webhook that they would go through; empty where there is none
   */
  public RowSizes(Table table, String webhook) {
    this.table = table;
    this.webhook = webhook;
  }

  /**
   * Adds a lead.
   *
   * @param lead the lead
   * @param batch the first record of its batch
   * @return whether it is over {@link #MOST_BYTES}
   */
  public boolean add(Due lead, long batch) {
    Map<String, @Nullable Object> body =
        Body.of(table, lead, Body.stamps(table, lead, webhook, () -> batch));
    cut += Body.fit(table, body).isEmpty() ? 0 : 1;
    byte[] row;
    try {
      row = JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("texts and numbers are always JSON", impossible);
    }
    if (rows == 0) {
      first = new String(row, StandardCharsets.UTF_8);
    }
    rows++;
    bytes += row.length;
    largest = Math.max(largest, row.length);
    boolean over = row.length > MOST_BYTES;
    tooLarge += over ? 1 : 0;
    return over;
  }

  /** The first row as it travels, JSON; empty where there is none. Personal data. */
  public String first() {
    return first;
  }

  /** How many rows. */
  public long rows() {
    return rows;
  }

  /** Their bytes on average, rounded; 0 where there is none. */
  public long averageBytes() {
    return rows == 0 ? 0 : Math.round((double) bytes / rows);
  }

  /** Bytes of the largest; 0 where there is none. */
  public long largestBytes() {
    return largest;
  }

  /** Rows of which something was cut, since they were over {@link #TARGET_BYTES}. */
  public long cut() {
    return cut;
  }

  /** Rows over {@link #MOST_BYTES}: they are refused and cost nothing. */
  public long tooLarge() {
    return tooLarge;
  }
}
