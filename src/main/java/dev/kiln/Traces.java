package dev.kiln;

import dev.kiln.lead.Address;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the files of a data folder hold of a person. Rows of {@code results/} and of the rejected
 * rows in {@code rejects/} are blanked in place, and asterisks put over an address in their
 * headers, each as long as it was, so that Kiln may write on meanwhile; files that people have sent
 * stay as they are. For one thread.
 */
public final class Traces {
  private static final String REJECTS = "rejects";
  private static final List<String> SENT = List.of("archive", REJECTS);

  /** Rejected rows have the name of their run; what is refused as a whole has more behind it. */
  private static final Pattern REJECTED = Pattern.compile("\\d{8}-[a-z0-9]+\\.csv");

  private static final Pattern LEAD = Pattern.compile("^\\uFEFF?(?:\\{\"lead_id\":)?\"([^\"]*)\"");
  private static final String RESULT = ",\"result\":";

  private final Path data;
  private final Address address;
  private final Set<String> leads;
  private long rows;
  private final List<Path> left = new ArrayList<>();
  private final List<Path> unread = new ArrayList<>();

  /**
   * The traces of a person.
   *
   * @param data the data folder
   * @param email the address; case does not matter
   * @param leads the ids of the person's leads
   */
  public Traces(Path data, String email, Set<String> leads) {
    this.data = data;
    this.address = new Address(email);
    this.leads = Set.copyOf(leads);
  }

  /** Blanks the rows that can be; to be called once. */
  public Traces blank() throws IOException {
    for (Path results : ResultFiles.folders(data)) {
      for (Path table : in(results)) {
        for (Path file : in(table)) {
          String name = file.getFileName().toString();
          if (name.endsWith(".csv")) {
            blank(file, true, ResultFiles.OWN.size());
          } else if (name.endsWith(".ndjson")) {
            blank(file, false, 0);
          }
        }
      }
    }
    for (Path file : in(data.resolve(REJECTS))) {
      if (REJECTED.matcher(file.getFileName().toString()).matches()) {
        blank(file, true, 1);
      }
    }
    for (Path file : sent()) {
      look(file, left);
    }
    return this;
  }

  /**
   * The files that wait to be read and hold the address; those that cannot be looked through are
   * {@link #unread} from then on.
   *
   * @param folders where they wait: inbox and spool
   */
  public List<Path> waiting(List<Path> folders) throws IOException {
    List<Path> waiting = new ArrayList<>();
    for (Path folder : folders) {
      for (Path file : Trees.paths(folder, Integer.MAX_VALUE)) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          look(file, waiting);
        }
      }
    }
    return waiting;
  }

  /** The files that people have sent: read ones, and those that were refused as a whole. */
  private List<Path> sent() throws IOException {
    List<Path> sent = new ArrayList<>();
    for (String folder : SENT) {
      for (Path file : in(data.resolve(folder))) {
        if (Files.isRegularFile(file)
            && !REJECTED.matcher(file.getFileName().toString()).matches()) {
          sent.add(file);
        }
      }
    }
    return sent;
  }

  private void look(Path file, List<Path> holding) {
    Optional<Boolean> holds;
    try {
      holds = address.isInFile(file);
    } catch (NoSuchFileException deleted) {
      return;
    } catch (IOException failure) {
      holds = Optional.empty();
    }
    if (holds.isEmpty()) {
      unread.add(file);
    } else if (holds.get()) {
      holding.add(file);
    }
  }

  /** How many rows were blanked. */
  public long rows() {
    return rows;
  }

  /**
   * The files that may still hold data of the person: those that were sent and hold the address or
   * were the file of a lead, and what is no CSV any more.
   *
   * @param runs the runs of the person's leads
   */
  public List<Path> left(Collection<String> runs) throws IOException {
    List<Path> files = new ArrayList<>(left);
    for (Path file : sent()) {
      if (!files.contains(file) && isOf(runs, file)) {
        files.add(file);
      }
    }
    return files;
  }

  /**
   * The files that were sent and could not be looked through, without those that {@link #left}
   * names: nobody knows whether they hold the address.
   *
   * @param runs the runs of the person's leads
   */
  public List<Path> unread(Collection<String> runs) {
    return unread.stream().filter(file -> !isOf(runs, file)).toList();
  }

  private static boolean isOf(Collection<String> runs, Path file) {
    String name = file.getFileName().toString();
    return runs.stream().anyMatch(run -> FileNames.isOf(name, run));
  }

  private static List<Path> in(Path folder) throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.filter(path -> !Files.isSymbolicLink(path)).sorted().toList();
    }
  }

  /**
   * @param kept how many cells of a row of CSV stay
   */
  private void blank(Path file, boolean csv, int kept) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteArrayOutputStream record = new ByteArrayOutputStream();
      byte[] some = new byte[1 << 16];
      long begin = 0;
      long before = rows;
      boolean quoted = false;
      for (int read = in.read(some); read > 0; read = in.read(some)) {
        for (int i = 0; i < read; i++) {
          record.write(some[i]);
          quoted ^= csv && some[i] == '"';
          if (some[i] == '\n' && !quoted) {
            byte[] bytes = record.toByteArray();
            if (csv && begin == 0) {
              overwrite(out, begin, bytes, maskHeader(bytes));
            } else if (isOfPerson(bytes)) {
              overwrite(out, begin, bytes, csv ? blankCells(bytes, kept) : blankResult(bytes));
            }
            begin += bytes.length;
            record.reset();
          }
        }
      }
      if (record.size() > 0 && isOfPerson(record.toByteArray())) {
        left.add(file);
      }
      if (rows > before) {
        out.force(true);
      }
    }
  }

  private boolean isOfPerson(byte[] record) {
    String text = new String(record, StandardCharsets.UTF_8);
    Matcher lead = LEAD.matcher(text);
    return (lead.find() && leads.contains(lead.group(1))) || address.isIn(text);
  }

  private void overwrite(FileChannel out, long at, byte[] record, byte[] blank) throws IOException {
    if (Arrays.equals(record, blank)) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.wrap(blank);
    while (bytes.hasRemaining()) {
      out.write(bytes, at + bytes.position());
    }
    rows++;
  }

  /** The first line of CSV, as long as it was. */
  private byte[] maskHeader(byte[] header) {
    return address
        .masked(new String(header, StandardCharsets.UTF_8))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The first cells of a row, the others empty, and spaces in the last one. */
  private static byte[] blankCells(byte[] row, int kept) {
    byte[] blank = row.clone();
    int cells = 1;
    int commas = 0;
    int end = row.length;
    boolean quoted = false;
    for (int i = 0; i < row.length; i++) {
      quoted ^= row[i] == '"';
      if (row[i] == ',' && !quoted) {
        if (cells == kept) {
          end = i;
        }
        cells++;
        commas += cells > kept ? 1 : 0;
      }
    }
    int lineEnd = row.length - (row.length > 1 && row[row.length - 2] == '\r' ? 2 : 1);
    for (int i = end; i < lineEnd; i++) {
      blank[i] = (byte) (i - end < commas ? ',' : ' ');
    }
    return blank;
  }

  /** Kiln's own fields, an empty result, and spaces behind. */
  private static byte[] blankResult(byte[] line) {
    String text = new String(line, StandardCharsets.UTF_8);
    int result = text.indexOf(RESULT);
    byte[] kept =
        (text.substring(0, Math.max(0, result)) + RESULT + "{}}").getBytes(StandardCharsets.UTF_8);
    byte[] blank = line.clone();
    for (int i = 0; i < blank.length - 1; i++) {
      blank[i] = i < kept.length && result > 0 ? kept[i] : (byte) ' ';
    }
    return blank;
  }
}
