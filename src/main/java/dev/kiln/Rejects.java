package dev.kiln;

import dev.kiln.lead.Columns;
import dev.kiln.lead.Inert;
import dev.kiln.lead.Lead;
import dev.kiln.ledger.LedgerView;
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
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
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
    reading.mustBeStored();
    Columns columns = reading.columns();
    String run = reading.run().id();
    exchange.setProperty("rejects", run + ".csv.part");
    List<RejectedRow> first = columns == null ? List.of() : next(run, 0);
    if (columns == null || first.isEmpty()) {
      return Collections.emptyIterator();
    }
    Files.writeString(part(run), "\uFEFF", StandardCharsets.UTF_8);
    return new Pages(run, header(columns), first);
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

  private static List<String> header(Columns columns) {
    List<String> header = new ArrayList<>(Columns.REJECTS);
    columns.original().forEach(name -> header.add(Inert.of(name)));
    return header;
  }

  private static List<String> cells(RejectedRow row) {
    List<String> cells = new ArrayList<>();
    cells.add(String.valueOf(row.line()));
    cells.add(Inert.of(row.note().isEmpty() ? row.reason() : row.reason() + "; " + row.note()));
    Lead.parseOriginal(row.payload()).forEach(cell -> cells.add(Inert.of(cell)));
    return cells;
  }

  private final class Pages implements Iterator<List<List<String>>> {
    private final String run;
    private final List<String> header;
    private List<RejectedRow> page;
    private boolean begun;

    Pages(String run, List<String> header, List<RejectedRow> first) {
      this.run = run;
      this.header = header;
      this.page = first;
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
            List<String> cells = cells(row);
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
