package dev.kiln;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.lead.Columns;
import dev.kiln.lead.EnrichedRow;
import dev.kiln.lead.Inert;
import dev.kiln.ledger.Enriched;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Results as files, {@code results/<table>/<day>.ndjson} and {@code .csv}, by the day (UTC) of
 * their arrival. Appended to; how long each is belongs to the position that the ledger keeps, so
 * what a crash has written behind that is cut off and written anew: every row is there once. Where
 * the ledger is shared, each data folder has files of its own, and a length counts in the folder
 * that it was written in alone. For one thread.
 */
final class ResultFiles {
  /** What a file has at most before the next one of its day begins. */
  private static final int MOST_ROWS = 50_000;

  private static final long MOST_BYTES = 200_000_000;

  /** Kiln's own columns of the CSV, before those of the rows; the first one is also the rows'. */
  static final List<String> OWN = List.of("lead_id", "run_id", "table", "received_at");

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The files that a table's rows are written to at present.
   *
   * @param by the data folder that they are in; null where an older Kiln wrote them
   */
  private record Open(
      String day,
      int part,
      int rows,
      long ndjson,
      long csv,
      List<String> columns,
      @Nullable String by) {
    String name(String ending) {
      return day + (part == 1 ? "" : "-" + part) + ending;
    }
  }

  private static final String RESULTS = "results";

  /** How {@code kiln restore} calls what it puts aside. */
  private static final String ASIDE = RESULTS + ".before-";

  private final Path folder;
  private final String owner;
  private final int mostRows;

  /** The folders of a data folder that hold results: those of now, and those put aside. */
  static List<Path> folders(Path data) throws IOException {
    try (Stream<Path> paths = Files.list(data)) {
      return paths
          .filter(
              path -> {
                String name = path.getFileName().toString();
                return name.equals(RESULTS) || name.startsWith(ASIDE);
              })
          .sorted()
          .toList();
    }
  }

  /**
   * Files below a folder.
   *
   * @param owner what tells its data folder from those of others on the same ledger
   */
  ResultFiles(Path folder, String owner) {
    this(folder, owner, MOST_ROWS);
  }

  ResultFiles(Path folder, String owner, int mostRows) {
    this.folder = folder;
    this.owner = owner;
    this.mostRows = mostRows;
  }

  /**
   * Appends rows; they are on the disk when it returns.
   *
   * @param rows in the order of arrival
   * @param written what this returned for the rows before; empty for none
   * @return what is to be kept with the position of the last row
   */
  String append(List<Enriched> rows, String written) throws IOException {
    Map<String, Open> open =
        written.isEmpty()
            ? new TreeMap<>()
            : JSON.readValue(written, new TypeReference<TreeMap<String, Open>>() {});
    Map<String, List<Enriched>> byTable =
        rows.stream()
            .collect(
                Collectors.groupingBy(Enriched::table, LinkedHashMap::new, Collectors.toList()));
    for (Map.Entry<String, List<Enriched>> table : byTable.entrySet()) {
      append(table.getKey(), table.getValue(), open);
    }
    return JSON.writeValueAsString(open);
  }

  private void append(String table, List<Enriched> rows, Map<String, Open> open)
      throws IOException {
    List<Enriched> together = new ArrayList<>();
    Open to = open.get(table);
    for (Enriched row : rows) {
      Open fitting = fitting(table, to, together.size(), row);
      if (to != null && !together.isEmpty() && !fitting.name("").equals(to.name(""))) {
        open.put(table, write(table, to, together));
        together.clear();
      }
      to = fitting;
      together.add(row);
    }
    if (to != null) {
      open.put(table, write(table, to, together));
    }
  }

  /** The file that a row goes to: the one of before, or the next. A day never goes back. */
  private Open fitting(String table, @Nullable Open before, int more, Enriched row)
      throws IOException {
    String day = row.receivedAt().atZone(ZoneOffset.UTC).toLocalDate().toString();
    Set<String> columns = new LinkedHashSet<>();
    if (before != null && before.day.compareTo(day) >= 0) {
      columns.addAll(before.columns);
    }
    int known = columns.size();
    columns.addAll(EnrichedRow.fields(row.body()).keySet());
    columns.remove(OWN.get(0));
    List<String> with = List.copyOf(columns);
    if (before == null || before.day.compareTo(day) < 0) {
      return next(table, day, 1, with, row);
    }
    boolean fits =
        (before.by == null || before.by.equals(owner))
            && with.size() == known
            && before.rows + more < mostRows
            && before.ndjson < MOST_BYTES
            && (before.rows == 0 || isThere(table, before));
    if (!fits && before.rows + more == 0) {
      return new Open(before.day, before.part, 0, 0, 0, with, owner);
    }
    return fits ? before : next(table, before.day, before.part + 1, with, row);
  }

  /** The first part of a day, from one on, that holds nothing but what this row begins. */
  private Open next(String table, String day, int from, List<String> with, Enriched row)
      throws IOException {
    Open next = new Open(day, from, 0, 0, 0, with, owner);
    while (!isFree(table, next, row)) {
      next = new Open(day, next.part + 1, 0, 0, 0, with, owner);
    }
    return next;
  }

  /** A part that begins with the very row was left by a crash; any other holds rows to keep. */
  private boolean isFree(String table, Open part, Enriched row) throws IOException {
    if (size(table, part.name(".ndjson")) <= 0) {
      return size(table, part.name(".csv")) <= 0;
    }
    byte[] line = ndjson(row).getBytes(StandardCharsets.UTF_8);
    try (InputStream there =
        Files.newInputStream(folder.resolve(table).resolve(part.name(".ndjson")))) {
      byte[] begin = there.readNBytes(line.length);
      return Arrays.equals(begin, Arrays.copyOf(line, begin.length));
    }
  }

  /** Whether nobody has taken the files away or cut them. */
  private boolean isThere(String table, Open open) throws IOException {
    return size(table, open.name(".ndjson")) >= open.ndjson
        && size(table, open.name(".csv")) >= open.csv;
  }

  private long size(String table, String name) throws IOException {
    Path file = folder.resolve(table).resolve(name);
    return Files.exists(file) ? Files.size(file) : -1;
  }

  private Open write(String table, Open to, List<Enriched> rows) throws IOException {
    StringBuilder ndjson = new StringBuilder();
    StringBuilder csv = new StringBuilder();
    if (to.csv == 0) {
      csv.append('\uFEFF');
      List<String> header = new ArrayList<>(OWN);
      Set<String> taken = new HashSet<>(to.columns);
      taken.addAll(OWN);
      to.columns.forEach(
          column -> header.add(OWN.contains(column) ? Columns.numbered(column, taken) : column));
      line(csv, header);
    }
    for (Enriched row : rows) {
      ndjson.append(ndjson(row));
      Map<String, @Nullable String> fields = EnrichedRow.fields(row.body());
      List<@Nullable String> cells = new ArrayList<>();
      cells.add(row.leadId());
      cells.add(row.run());
      cells.add(row.table());
      cells.add(row.receivedAt().toString());
      to.columns.forEach(column -> cells.add(fields.get(column)));
      line(csv, cells);
    }
    Path at = Files.createDirectories(folder.resolve(table));
    return new Open(
        to.day,
        to.part,
        to.rows + rows.size(),
        append(at.resolve(to.name(".ndjson")), to.ndjson, ndjson),
        append(at.resolve(to.name(".csv")), to.csv, csv),
        to.columns,
        owner);
  }

  /** A line of NDJSON. */
  private static String ndjson(Enriched row) throws IOException {
    ObjectNode node =
        JSON.createObjectNode()
            .put("lead_id", row.leadId())
            .put("run_id", row.run())
            .put("table", row.table())
            .put("received_at", row.receivedAt().toString());
    String head = node.toString();
    // The row as it came, but for its line ends: numbers keep their digits.
    return head.substring(0, head.length() - 1)
        + ",\"result\":"
        + row.body().strip().replaceAll("[\\r\\n]+", " ")
        + "}\n";
  }

  /** Appends a line of CSV, every cell in quotes and inert in a spreadsheet. */
  static void line(StringBuilder csv, List<? extends @Nullable String> cells) {
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      csv.append(i == 0 ? "\"" : ",\"")
          .append(cell == null ? "" : Inert.of(cell).replace("\"", "\"\""))
          .append('"');
    }
    csv.append("\r\n");
  }

  /** Writes behind a length and cuts off what is there; returns the new length. */
  private static long append(Path file, long length, StringBuilder text) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.truncate(length);
      channel.position(length);
      ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
      return channel.position();
    }
  }
}
