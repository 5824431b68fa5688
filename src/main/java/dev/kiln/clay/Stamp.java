package dev.kiln.clay;

import java.util.Locale;

/**
 * What a row carries of its way on request, beside its {@code lead_id}, {@code run_id} and source.
 */
public enum Stamp {
  /** {@code batch_id}: the run and the number of the first record of the lead's batch. */
  BATCH("batch_id"),
  /** {@code webhook}: the name of the webhook that it is posted to. */
  WEBHOOK("webhook");

  private final String field;

  Stamp(String field) {
    this.field = field;
  }

  /** The field of the row. */
  String field() {
    return field;
  }

  /** Its word in clay.yaml. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
