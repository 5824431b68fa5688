package dev.kiln;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.lead.Columns;
import dev.kiln.lead.EnrichedRow;
import dev.kiln.lead.Lead;
import dev.kiln.ledger.JoinedRow;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A run as a file: row by row what was read, what became of it, and what came back. */
public final class Join {
  private static final int ROWS = 500;
  private static final int CHARS = 4_000_000;
  private static final String ENRICHED = "enriched.";
  private static final List<String> OWN =
      List.of(
          "line",
          "lead_id",
          "table",
          "state",
          "reason",
          "possible_duplicate",
          "read_at",
          "sent_at",
          "returned_at",
          "rejected_row");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LedgerView ledger;
  private final String run;

  /** The join of a run. */
  public Join(LedgerView ledger, String run) {
    this.ledger = ledger;
    this.run = run;
  }

  /**
   * Writes CSV: Kiln's columns, those of the row, and those that came back, as {@code
   * enriched.<name>}. A column of the row that is called as another is {@code <name>_2}, or the
   * next number that no column has. The file is there whole, or as it was.
   *
   * @return rows written
   */
  public long csv(Path file) throws IOException {
    Set<String> columns = new LinkedHashSet<>();
    Set<String> enriched = new LinkedHashSet<>();
    rows(
        row -> {
          if (row.state() != LeadState.REJECTED) {
            columns.addAll(Lead.parse(row.payload()).keySet());
          }
          if (row.enriched() != null) {
            enriched.addAll(EnrichedRow.fields(row.enriched()).keySet());
          }
        });
    List<String> header = new ArrayList<>(OWN);
    List<String> others = new ArrayList<>(OWN);
    enriched.forEach(name -> others.add(ENRICHED + name));
    Set<String> taken = new HashSet<>(others);
    taken.addAll(columns);
    columns.forEach(
        name -> header.add(others.contains(name) ? Columns.numbered(name, taken) : name));
    header.addAll(others.subList(OWN.size(), others.size()));
    return write(
        file,
        "\uFEFF" + line(header),
        row -> {
          boolean rejected = row.state() == LeadState.REJECTED;
          Map<String, Object> fields = rejected ? Map.of() : Lead.parse(row.payload());
          Map<String, @Nullable String> back =
              row.enriched() == null ? Map.of() : EnrichedRow.fields(row.enriched());
          List<@Nullable String> cells = new ArrayList<>();
          cells.add(String.valueOf(row.line()));
          cells.add(row.leadId());
          cells.add(row.table());
          cells.add(row.state().name());
          cells.add(row.reason());
          cells.add(String.valueOf(row.possibleDuplicate()));
          cells.add(row.readAt().toString());
          cells.add(text(row.sentAt()));
          cells.add(text(row.returnedAt()));
          cells.add(rejected ? String.join(" | ", cells(row)) : "");
          columns.forEach(
              name -> {
                Object value = fields.get(name);
                cells.add(value == null ? null : value.toString());
              });
          enriched.forEach(name -> cells.add(back.get(name)));
          return line(cells);
        });
  }

  /**
   * Writes a JSON object a line: what the CSV has, with the row's fields in {@code row}, or the
   * cells of a rejected one in {@code rejected_row}, and what came back in {@code enriched}, as it
   * came. The file is there whole, or as it was.
   *
   * @return rows written
   */
  public long ndjson(Path file) throws IOException {
    return write(
        file,
        "",
        row -> {
          ObjectNode node =
              JSON.createObjectNode()
                  .put("line", row.line())
                  .put("lead_id", row.leadId())
                  .put("table", row.table())
                  .put("state", row.state().name())
                  .put("reason", row.reason())
                  .put("possible_duplicate", row.possibleDuplicate())
                  .put("read_at", row.readAt().toString())
                  .put("sent_at", text(row.sentAt()))
                  .put("returned_at", text(row.returnedAt()));
          String own = node.toString();
          boolean rejected = row.state() == LeadState.REJECTED;
          String original = rejected ? JSON.valueToTree(cells(row)).toString() : row.payload();
          // Payload and result as they are: numbers keep their digits.
          return own.substring(0, own.length() - 1)
              + (rejected ? ",\"rejected_row\":" : ",\"row\":")
              + original
              + ",\"enriched\":"
              + (row.enriched() == null
                  ? "null"
                  : row.enriched().strip().replaceAll("[\\r\\n]+", " "))
              + "}\n";
        });
  }

  /**
   * The cells of a rejected row, behind the text of one that could not be told apart into cells.
   */
  private static List<String> cells(JoinedRow row) {
    List<String> cells = Lead.parseOriginal(row.payload());
    return !cells.isEmpty() && cells.get(0).isEmpty() ? cells.subList(1, cells.size()) : cells;
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }

  private static String line(List<? extends @Nullable String> cells) {
    StringBuilder line = new StringBuilder();
    ResultFiles.line(line, cells);
    return line.toString();
  }

  /** What a row is in the file. */
  @FunctionalInterface
  private interface Form {
    String of(JoinedRow row);
  }

  private long write(Path file, String head, Form form) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    long rows;
    try {
      try (Writer out = Files.newBufferedWriter(part)) {
        out.write(head);
        rows =
            rows(
                row -> {
                  try {
                    out.write(form.of(row));
                  } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                  }
                });
      }
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    return rows;
  }

  private long rows(Consumer<JoinedRow> each) {
    long rows = 0;
    List<JoinedRow> page = ledger.joined(run, 0, ROWS, CHARS);
    while (!page.isEmpty()) {
      page.forEach(each);
      rows += page.size();
      page = ledger.joined(run, page.get(page.size() - 1).record(), ROWS, CHARS);
    }
    return rows;
  }
}
