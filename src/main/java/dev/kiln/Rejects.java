package dev.kiln;

import dev.kiln.lead.Columns;
import dev.kiln.lead.Inert;
import dev.kiln.lead.Lead;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.ReadElsewhere;
import dev.kiln.ledger.RejectedRow;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;

/**
 * The bean {@code rejects}: the rejected rows of a run as the ledger has them, page by page, for
 * the route {@code rejects}, which writes them to {@code rejects/<run>.csv.part}; in the end that
 * file gets its name. Thread-safe.
 */
public final class Rejects {
  private static final int ROWS = 500;
  private static final int CHARS = 1_000_000;
  private static final String FOLDER = "rejects";

  /** Columns of a file; what rows of messages have beyond them is left out. */
  private static final int MOST_NAMES = 1000;

  private final LedgerView ledger;
  private final Path folder;

  /**
   * The rejects of a data folder.
   *
   * @param ledger has the rejected rows
   * @param data the data folder
   */
  public Rejects(LedgerView ledger, Path data) {
    this.ledger = ledger;
    this.folder = data.resolve(FOLDER);
  }

  /**
   * The rows of the file, the header first; none where the run has no rejected row. Begins the file
   * anew, with the mark that tells spreadsheets that it is UTF-8, and notes its name in the
   * exchange property {@code rejects}.
   */
  public Iterator<List<List<String>>> pages(
      Exchange exchange, @ExchangeProperty("run") Intake.Reading reading) throws IOException {
    try {
      reading.mustBeStored();
    } catch (ReadElsewhere elsewhere) {
      throw Intake.stopped(exchange, reading.name(), elsewhere);
    }
    Columns columns = reading.columns();
    String run = reading.run().id();
    exchange.setProperty("rejects", run + ".csv.part");
    List<RejectedRow> first = columns == null && !reading.messages() ? List.of() : next(run, 0);
    if (first.isEmpty()) {
      return Collections.emptyIterator();
    }
    Files.writeString(part(run), "\uFEFF", StandardCharsets.UTF_8);
    return columns == null
        ? new Pages(run, named(run), true, first)
        : new Pages(run, columns.original(), false, first);
  }

  /** The names of all cells of the rejected rows of messages, in the order of their arrival. */
  private List<String> named(String run) {
    Set<String> names = new LinkedHashSet<>();
    for (List<RejectedRow> page = next(run, 0);
        !page.isEmpty();
        page = next(run, page.get(page.size() - 1).record())) {
      for (RejectedRow row : page) {
        List<String> original = Lead.parseOriginal(row.payload());
        for (int i = 1; i < original.size() && names.size() < MOST_NAMES; i += 2) {
          names.add(original.get(i));
        }
      }
    }
    return List.copyOf(names);
  }

  /** Gives the file its name, once it is on the disk; does nothing where there is none. */
  public void done(@ExchangeProperty("run") Intake.Reading reading) throws IOException {
    String run = reading.run().id();
    Path part = part(run);
    if (Files.exists(part)) {
      try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
        written.force(true);
      }
      String name = run + ".csv";
      Files.move(part, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      reading.rejects(FOLDER + "/" + name);
    }
  }

  private Path part(String run) {
    return folder.resolve(run + ".csv.part");
  }

  private List<RejectedRow> next(String run, long after) {
    return ledger.rejected(run, after, ROWS, CHARS);
  }

  private static List<String> header(List<String> names) {
    List<String> header = new ArrayList<>(Columns.REJECTS);
    names.forEach(name -> header.add(Inert.of(name)));
    return header;
  }

  private static List<String> cells(RejectedRow row, List<String> original) {
    List<String> cells = new ArrayList<>();
    cells.add(String.valueOf(row.line()));
    cells.add(Inert.of(row.note().isEmpty() ? row.reason() : row.reason() + "; " + row.note()));
    original.forEach(cell -> cells.add(Inert.of(cell)));
    return cells;
  }

  private final class Pages implements Iterator<List<List<String>>> {
    private final String run;
    private final List<String> names;
    private final List<String> header;

    /** Whether each cell stands after its name. */
    private final boolean named;

    private List<RejectedRow> page;
    private boolean begun;

    Pages(String run, List<String> names, boolean named, List<RejectedRow> first) {
      this.run = run;
      this.names = names;
      this.header = header(names);
      this.named = named;
      this.page = first;
    }

    private List<String> original(RejectedRow row) {
      List<String> original = Lead.parseOriginal(row.payload());
      if (!named) {
        return original;
      }
      Map<String, String> values = new HashMap<>();
      for (int i = 1; i < original.size(); i += 2) {
        values.put(original.get(i), original.get(i + 1));
      }
      List<String> cells = new ArrayList<>();
      cells.add(original.get(0));
      names.forEach(name -> cells.add(values.getOrDefault(name, "")));
      return cells;
    }

    @Override
    public boolean hasNext() {
      return !page.isEmpty();
    }

    @Override
    public List<List<String>> next() {
      if (page.isEmpty()) {
        throw new NoSuchElementException();
      }
      List<List<String>> lines = new ArrayList<>(page.size() + 1);
      if (!begun) {
        lines.add(header);
        begun = true;
      }
      page.forEach(
          row -> {
            List<String> cells = cells(row, original(row));
            // As wide as the header, since a ragged row says nothing of where its cells belong.
            while (cells.size() < header.size()) {
              cells.add("");
            }
            lines.add(cells);
          });
      page = Rejects.this.next(run, page.get(page.size() - 1).record());
      return lines;
    }
  }
}
