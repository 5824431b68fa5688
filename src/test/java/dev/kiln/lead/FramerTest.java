package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

// Line breaks are what these tests are about: they stay visible as escapes.
@SuppressWarnings("StringConcatToTextBlock")
final class FramerTest {
  private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void plain() {
    Frames frames = Frames.of("Email,Name\na@example.com,Ann\nb@example.com,Bob");
    assertThat(frames.header()).containsExactly("Email", "Name");
    assertThat(frames.rows())
        .containsExactly(List.of("a@example.com", "Ann"), List.of("b@example.com", "Bob"));
    assertThat(frames.records()).containsExactly(1L, 2L);
    assertThat(frames.lines()).containsExactly(2L, 3L);
    assertThat(frames.read()).isEqualTo(2);
    assertThat(frames.skipped()).isZero();
    assertThat(frames.format())
        .isEqualTo(new Format(Format.Kind.DELIMITED, "UTF-8", ',', List.of()));
  }

  @Test
  void everyEncoding() {
    String text = "Email\tName\na@example.com\tZoë Müller\n";
    List<String> row = List.of("a@example.com", "Zoë Müller");
    for (Charset charset :
        List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      for (String bom : List.of("\uFEFF", "")) {
        Frames frames = Frames.of(bom + text, charset, Limits.defaults());
        assertThat(frames.header()).as(charset + bom).containsExactly("Email", "Name");
        assertThat(frames.rows()).as(charset + bom).containsExactly(row);
        assertThat(frames.format().charset()).isEqualTo(charset.name());
      }
    }
    Frames frames = Frames.of(text, WINDOWS_1252, Limits.defaults());
    assertThat(frames.rows()).containsExactly(row);
    assertThat(frames.format().notes())
        .containsExactly("read as Windows-1252, because it is not valid UTF-8");
  }

  @Test
  void aByteOrderMarkIsNoText() {
    Frames frames = Frames.of("\uFEFF\"Email\naddress\",Name\na@example.com,Ann\n");
    assertThat(frames.header()).containsExactly("Email\naddress", "Name");
    assertThat(frames.rows()).containsExactly(List.of("a@example.com", "Ann"));
    assertThat(frames.lines()).containsExactly(3L);
  }

  @Test
  void byteBeyondTheSampleThatIsNotUtf8LosesNoRow() {
    StringBuilder text = new StringBuilder("Email,Name\n");
    for (int i = 0; i < 20_000; i++) {
      text.append("lead").append(i).append("@example.com,Ann\n");
    }
    byte[] head = text.toString().getBytes(StandardCharsets.UTF_8);
    byte[] tail = "z@example.com,Zo\u00EB\nlast@example.com,\u00E9\n".getBytes(WINDOWS_1252);
    byte[] all = new byte[head.length + tail.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(tail, 0, all, head.length, tail.length);

    Frames frames = Frames.of(all, Limits.defaults());
    assertThat(frames.read()).isEqualTo(20_002);
    assertThat(frames.rows().subList(20_000, 20_002))
        .containsExactly(List.of("z@example.com", "Zoë"), List.of("last@example.com", "é"));
    assertThat(frames.format().notes())
        .containsExactly("2 bytes are not UTF-8 and were read as Windows-1252");
  }

  @ParameterizedTest
  @ValueSource(strings = {",", ";", "\t", "|"})
  void everyDelimiter(String delimiter) {
    Frames frames =
        Frames.of(
            "Email,Name,Notes\na@example.com,Ann,\"x,y;z|t\"\nb@example.com,Bob,plain\n"
                .replace("\"x,y;z|t\"", "@@")
                .replace(",", delimiter)
                .replace("@@", "\"x,y;z|t\tu\""));
    assertThat(frames.format().delimiter()).isEqualTo(delimiter.charAt(0));
    assertThat(frames.rows())
        .containsExactly(
            List.of("a@example.com", "Ann", "x,y;z|t\tu"),
            List.of("b@example.com", "Bob", "plain"));
  }

  @Test
  void sepLineDecidesTheDelimiter() {
    Frames frames = Frames.of("sep=;\r\nEmail;Notes\r\na@example.com;1,5\r\n");
    assertThat(frames.format().delimiter()).isEqualTo(';');
    assertThat(frames.rows()).containsExactly(List.of("a@example.com", "1,5"));
    assertThat(frames.lines()).containsExactly(3L);
    assertThat(frames.skipped()).isEqualTo(1);
  }

  @Test
  void oneColumn() {
    Frames frames = Frames.of("EMAIL \na@example.com\n\nb@example.com\n");
    assertThat(frames.header()).containsExactly("EMAIL");
    assertThat(frames.rows()).containsExactly(List.of("a@example.com"), List.of("b@example.com"));
    assertThat(frames.skipped()).isEqualTo(1);
  }

  @Test
  void quotedCellsOverSeveralLines() {
    Frames frames =
        Frames.of(
            "Email,Notes,Name\na@example.com,\"called\r\n\nsaid \"\"yes\"\", ok\",Ann\n"
                + "b@example.com,,Bob\n");
    assertThat(frames.rows())
        .containsExactly(
            List.of("a@example.com", "called\r\n\nsaid \"yes\", ok", "Ann"),
            List.of("b@example.com", "", "Bob"));
    assertThat(frames.lines()).containsExactly(2L, 5L);
  }

  @Test
  void strayQuotesAreText() {
    Frames frames =
        Frames.of(
            "Email,Notes,Name\na@example.com,5\" pipe,Ann\nb@example.com,the \"big\" one,Bob\n"
                + "c@example.com,\"Jane\" Doe,Cy\nd@example.com, \"padded, quoted\" ,Di\n");
    assertThat(frames.rows())
        .containsExactly(
            List.of("a@example.com", "5\" pipe", "Ann"),
            List.of("b@example.com", "the \"big\" one", "Bob"),
            List.of("c@example.com", "Jane Doe", "Cy"),
            List.of("d@example.com", "padded, quoted", "Di"));
    assertThat(frames.broken()).isEmpty();
  }

  @Test
  void unclosedQuoteSpoilsItsOwnRecordOnly() {
    Frames frames =
        Frames.of(
            "Email,Notes\na@example.com,x\nb@example.com,\"open\nc@example.com,y\n"
                + "d@example.com,\"z, z\"\n");
    assertThat(frames.rows())
        .containsExactly(
            List.of("a@example.com", "x"),
            List.of("c@example.com", "y"),
            List.of("d@example.com", "z, z"));
    assertThat(frames.records()).containsExactly(1L, 3L, 4L);
    assertThat(frames.lines()).containsExactly(2L, 4L, 5L);
    assertThat(frames.broken())
        .singleElement()
        .satisfies(
            broken -> {
              assertThat(broken.record()).isEqualTo(2);
              assertThat(broken.line()).isEqualTo(3);
              assertThat(broken.reason()).startsWith("the quote opened on line 3 is never closed");
              assertThat(broken.original()).startsWith("b@example.com,\"open");
              assertThat(broken.toString()).doesNotContain("example.com");
            });
    assertThat(frames.read()).isEqualTo(4);
  }

  @Test
  void unclosedQuoteUpToTheEndOrALimit() {
    String rows = "b@example.com,y\n".repeat(5000);
    Frames frames = Frames.of("Email,Notes\na@example.com,\"open\n" + rows);
    assertThat(frames.broken()).extracting(Broken::line).containsExactly(2L);
    assertThat(frames.rows()).hasSize(5000);

    Frames short_ = Frames.of("Email,Notes\na@example.com,\"open\nb@example.com,y\n");
    assertThat(short_.broken()).extracting(Broken::line).containsExactly(2L);
    assertThat(short_.rows()).containsExactly(List.of("b@example.com", "y"));

    Limits chars = new Limits(100, 1000, 300, 1000, 10, 50);
    Frames bounded =
        Frames.of("Email,Notes\na@example.com,\"open\n" + rows, StandardCharsets.UTF_8, chars);
    assertThat(bounded.broken()).hasSize(1);
    assertThat(bounded.broken().get(0).original()).hasSize(50);
    assertThat(bounded.rows()).hasSize(5000);
  }

  @Test
  void quoteOpenedOnALaterLineOfItsRecord() {
    Frames frames =
        Frames.of("Email,Notes,X\na@example.com,\"one\ntwo\",\"open\nb@example.com,y,z\n");
    assertThat(frames.broken()).extracting(Broken::line).containsExactly(3L);
    assertThat(frames.rows()).containsExactly(List.of("b@example.com", "y", "z"));
    assertThat(frames.lines()).containsExactly(4L);
  }

  @Test
  void fullyQuotedFileWithOneQuoteMissing() {
    Frames frames =
        Frames.of(
            "\"Email\",\"Name\"\n\"a@example.com\",\"Ann\"\n\"b@example.com\",\"Bob\n"
                + "\"c@example.com\",\"Cy\"\n");
    assertThat(frames.rows())
        .containsExactly(List.of("a@example.com", "Ann"), List.of("c@example.com", "Cy"));
    assertThat(frames.broken()).extracting(Broken::line).containsExactly(3L);
  }

  @Test
  void longRecordIsBrokenAndItsNeighboursSurvive() {
    Limits limits = new Limits(100, 10_000, 100, 10, 10, 20);
    Frames frames =
        Frames.of(
            "Email,Notes\na@example.com,x\nb@example.com,"
                + "y".repeat(200_000)
                + "\r\nc@example.com,z\n",
            StandardCharsets.UTF_8,
            limits);
    assertThat(frames.rows())
        .containsExactly(List.of("a@example.com", "x"), List.of("c@example.com", "z"));
    assertThat(frames.lines()).containsExactly(2L, 4L);
    assertThat(frames.broken())
        .containsExactly(
            new Broken(2, 3, "the row is longer than 100 characters", "b@example.com,yyyyyy"));
  }

  @Test
  void lineBreaksMixed() {
    Frames frames =
        Frames.of("Email,Name\r\na@example.com,Ann\rb@example.com,Bob\nc@example.com,Cy\r\n\r\n");
    assertThat(frames.rows())
        .containsExactly(
            List.of("a@example.com", "Ann"),
            List.of("b@example.com", "Bob"),
            List.of("c@example.com", "Cy"));
    assertThat(frames.lines()).containsExactly(2L, 3L, 4L);
    assertThat(frames.skipped()).isEqualTo(1);
  }

  @Test
  void blankRowsAreSkipped() {
    Frames frames =
        Frames.of(
            "Email,Name,X\n\n,,,,\na@example.com,Ann,\n \u00A0,\"\",\t\n\nb@example.com,,\n,,");
    assertThat(frames.rows())
        .containsExactly(List.of("a@example.com", "Ann", ""), List.of("b@example.com", "", ""));
    assertThat(frames.records()).containsExactly(1L, 2L);
    assertThat(frames.lines()).containsExactly(4L, 7L);
    assertThat(frames.skipped()).isEqualTo(5);
  }

  @Test
  void titleLinesAboveAndTotalsBelow() {
    Frames frames =
        Frames.of(
            "Attendees of the autumn fair\nGenerated,2026-11-01\n\nEmail,First Name,Amount\n"
                + "a@example.com,Ann,3\ntotal@example.com,Total,4\nTotal,,7\nGrand total:,,7\n"
                + "\"Summe\",,7\nTotal: 2,,\n");
    assertThat(frames.header()).containsExactly("Email", "First Name", "Amount");
    assertThat(frames.rows())
        .containsExactly(
            List.of("a@example.com", "Ann", "3"), List.of("total@example.com", "Total", "4"));
    assertThat(frames.lines()).containsExactly(5L, 6L);
    assertThat(frames.read()).isEqualTo(2);
    assertThat(frames.skipped()).isEqualTo(7);
  }

  @Test
  void aTotalHasOneOfItsWordsFirstAndPerhapsANumber() {
    Frames totals =
        Frames.of(
            "Email,Name,Amount\na@example.com,Ann,3\ntotal,,7\n,Summe,7\nGRAND TOTAL = (7),,\n"
                + ("Total" + " ".repeat(32) + "123,,\n"));
    assertThat(totals.rows()).containsExactly(List.of("a@example.com", "Ann", "3"));
    assertThat(totals.skipped()).isEqualTo(4);
    Frames leads =
        Frames.of("Name,Amount\nTotal Recall,3\nTom,4\n123,5\nTotal" + " ".repeat(33) + "123,6\n");
    assertThat(leads.read()).isEqualTo(4);
    assertThat(leads.skipped()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Email,First Name,Company\nb@example.com,Bob,Firm\n",
        "b@example.com,Web,Contact,2\n"
      })
  void whatStandsBelowAHeaderWithRowsIsNoHeader(String below) {
    Frames frames = Frames.of("Email,Channel\na@example.com,Fair\nc@example.com,Web\n" + below);
    assertThat(frames.header()).containsExactly("Email", "Channel");
    assertThat(frames.rows())
        .containsExactly(List.of("a@example.com", "Fair"), List.of("c@example.com", "Web"));
    assertThat(frames.read()).isEqualTo(2 + below.lines().count());
    assertThat(frames.skipped()).isZero();
  }

  @Test
  void anAddressInATitleMakesNoHeaderOfIt() {
    Frames frames =
        Frames.of(
            "Email,help@vendor.example\nWebsite,https://vendor.example\n"
                + "Email,First Name,Company\na@example.com,Ann,Firm\n");
    assertThat(frames.header()).containsExactly("Email", "First Name", "Company");
    assertThat(frames.rows()).hasSize(1);
  }

  @Test
  void aTarArchiveIsRefusedHoweverLong() {
    byte[] tar =
        ("leads.csv"
                + "\0".repeat(248)
                + "ustar"
                + "\0".repeat(250)
                + "Email,First Name\n"
                + "a@example.com,Ann\n".repeat(5_000))
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Frames.open(tar, Limits.defaults(), 0))
        .isInstanceOf(UnreadableFile.class)
        .hasMessageContaining("is a tar archive: unpack it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"attendees\":[{\"email\":\"a@b.example\",\"name\":\"Ann\",\"guests\":[{\"email\":\"g@b.example\",\"first_name\":\"G\",\"last_name\":\"H\"}]},{\"email\":\"c@b.example\",\"name\":\"Cy\",\"guests\":[]}]}",
        "{\"email\":\"a@b.example\",\"name\":\"Ann\",\"colleagues\":[{\"email\":\"g@b.example\",\"first_name\":\"G\",\"last_name\":\"H\"}]}\n{\"email\":\"c@b.example\",\"name\":\"Cy\"}",
      })
  void whatIsInALeadIsNoOtherLead(String json) {
    Frames frames = Frames.of(json);
    assertThat(frames.header()).startsWith("email", "name");
    assertThat(frames.rows())
        .extracting(row -> row.get(0))
        .containsExactly("a@b.example", "c@b.example");
  }

  @Test
  void whatStandsAroundRowsOfJsonIsToldAsNotRead() {
    assertThat(
            Frames.of(
                    "{\"company\":\"Firm\",\"domain\":\"firm.example\",\"contacts\":[{\"email\":\"a@b.example\",\"name\":\"Ann\"}]}")
                .format()
                .notes())
        .contains(
            "rows are those under \"contacts\"",
            "not read, since it stands around the rows: company, domain");
  }

  @Test
  void companyCalledTotalIsNoTotal() {
    Frames frames =
        Frames.of(
            "Company,Email,Website\nTotal,a@example.com,\nTotal,,total1.example\n"
                + "Total,,@total\n");
    assertThat(frames.rows()).hasSize(3);
    assertThat(frames.skipped()).isZero();
  }

  @Test
  void linkedinConnections() {
    Frames frames =
        Frames.of(
            "Notes:\n\"When exporting your connection data, you may notice that some\n"
                + "e-mail addresses are missing.\"\n\nFirst Name,Last Name,URL,Email Address,"
                + "Company,Position,Connected On\nAnn,Lee,https://www.linkedin.com/in/ann,,Acme,"
                + "CTO,01 Nov 2026\n");
    assertThat(frames.header()).startsWith("First Name", "Last Name", "URL");
    assertThat(frames.skipped()).isEqualTo(3);
    assertThat(frames.lines()).containsExactly(6L);
  }

  @Test
  void raggedRows() {
    Frames frames =
        Frames.of(
            "Email,Name,Notes\na@example.com\nb@example.com,Bob,x,,\nc@example.com,Cy,one,two\n"
                + "d@example.com,Di\n");
    assertThat(frames.rows())
        .containsExactly(
            List.of("a@example.com", "", ""),
            List.of("b@example.com", "Bob", "x"),
            List.of("d@example.com", "Di", ""));
    assertThat(frames.broken())
        .containsExactly(
            new Broken(
                3,
                4,
                "the row has 4 cells where the header has 3: is a delimiter inside a cell without"
                    + " quotes around it?",
                "c@example.com,Cy,one,two"));
  }

  @Test
  void moreCellsThanTheLimit() {
    Frames frames =
        Frames.of("Email,Name\na@example.com" + ",x".repeat(5000) + "\nb@example.com,B");
    assertThat(frames.broken())
        .singleElement()
        .satisfies(
            broken -> assertThat(broken.reason()).contains("5001 cells where the header has 2"));
    assertThat(frames.rows()).containsExactly(List.of("b@example.com", "B"));
  }

  @Test
  void moreBlankCellsThanTheLimit() {
    String blank = ",".repeat(1500);
    Frames frames =
        Frames.of(
            "Email,Name\na@example.com"
                + blank
                + "\n"
                + blank
                + "\n"
                + blank
                + "x\nb@example.com,B");
    assertThat(frames.rows())
        .containsExactly(List.of("a@example.com", ""), List.of("b@example.com", "B"));
    assertThat(frames.skipped()).isEqualTo(1);
    assertThat(frames.broken()).extracting(Broken::line).containsExactly(4L);
  }

  @Test
  void nulBytesAreDropped() {
    Frames frames = Frames.of("Email,Name\na@exa\0mple.com,\"A\0nn\"\nb@example.com,Bob\0\n");
    assertThat(frames.rows())
        .containsExactly(List.of("a@example.com", "Ann"), List.of("b@example.com", "Bob"));
  }

  @Test
  void hugeCells() {
    String big = "é,\n".repeat(70_000);
    Frames frames =
        Frames.of(
            "Email,Notes\na@example.com,\"" + big.replace("\n", " ") + "\"\nb@example.com,x\n");
    assertThat(frames.rows())
        .containsExactly(
            List.of("a@example.com", big.replace("\n", " ")), List.of("b@example.com", "x"));
  }

  @Test
  void emojiAndCjk() {
    Frames frames = Frames.of("Email,Name\na@example.com,王小明 🚀\n");
    assertThat(frames.rows()).containsExactly(List.of("a@example.com", "王小明 🚀"));
  }

  @Test
  void nbspInHeaderAndHashAsName() {
    Frames frames = Frames.of("\uFEFF\u00A0Email\u00A0,# Employees,\na@example.com,#5,x\n");
    assertThat(frames.header()).containsExactly("Email", "# Employees", "");
    assertThat(frames.rows()).containsExactly(List.of("a@example.com", "#5", "x"));
  }

  @Test
  void batchesEndAtTheirBounds() throws IOException {
    Path file = folder.resolve("big.csv");
    Files.writeString(
        file, "Email,Notes\n" + ("a@example.com," + "x".repeat(400) + "\n").repeat(250));
    try (Framer framer = Framer.open(file, Limits.defaults(), Frames.HYGIENE)) {
      assertThat(framer.next().size()).isEqualTo(100);
      assertThat(framer.next().size()).isEqualTo(100);
      RecordBatch last = framer.next();
      assertThat(last.size()).isEqualTo(50);
      assertThat(last.first()).isEqualTo(201);
      assertThat(last.last()).isEqualTo(250);
      assertThat(framer.hasNext()).isFalse();
      assertThatThrownBy(framer::next).isInstanceOf(java.util.NoSuchElementException.class);
    }
    try (Framer framer =
        Framer.open(file, new Limits(100, 1000, 10_000, 10, 10, 10), Frames.HYGIENE)) {
      assertThat(framer.next().size()).isEqualTo(3);
    }
    int twoRows = 2 * "a@example.com,".length() + 2 * 401;
    try (Framer framer =
        Framer.open(file, new Limits(100, twoRows, 10_000, 10, 10, 10), Frames.HYGIENE)) {
      assertThat(framer.next().size()).isEqualTo(2);
    }
  }

  @Test
  void nothingIsReadFromAFileThatIsClosed() throws IOException, UnreadableFile {
    Path file = folder.resolve("big.csv");
    Files.writeString(file, "Email\n" + "a@example.com\n".repeat(50_000));
    Framer framer = Framer.open(file, Limits.defaults(), Frames.HYGIENE);
    framer.close();
    assertThatThrownBy(() -> framer.skipTo(50_000)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void behindAFailureThereIsNoNextBatch() throws IOException {
    Path file = folder.resolve("big.csv");
    Files.writeString(file, "Email\n" + "a@example.com\n".repeat(50_000));
    Framer framer = Framer.open(file, Limits.defaults(), Frames.HYGIENE);
    framer.close();
    assertThatThrownBy(() -> framer.forEachRemaining(batch -> {}))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(framer.hasNext()).isFalse();
  }

  @Test
  void skipToGoesForwardOnly() throws IOException {
    Path file = folder.resolve("few.csv");
    Files.writeString(file, "Email\na@example.com\nb@example.com\nc@example.com\n");
    try (Framer framer = Framer.open(file, Limits.defaults().withBatchRows(1), Frames.HYGIENE)) {
      framer.skipTo(1);
      assertThat(framer.read()).isEqualTo(1);
      RecordBatch batch = framer.next();
      assertThat(batch.records()).containsExactly(2L);
      assertThat(batch.lines()).containsExactly(3L);
      assertThatThrownBy(() -> framer.skipTo(1)).isInstanceOf(IllegalArgumentException.class);
      framer.skipTo(99);
      assertThat(framer.hasNext()).isFalse();
      assertThat(framer.read()).isEqualTo(3);
    }
  }

  @Test
  void filesThatYieldNoLead() {
    assertUnreadable("", "leads.csv is empty (zero bytes): export it again");
    assertUnreadable("\uFEFF", "leads.csv is empty but for a byte order mark: export it again");
    assertUnreadable("\n ,,\n\n", "leads.csv holds only blank lines: export it again");
    assertUnreadable(
        "Email,Name\n", "leads.csv has a header and no rows: export it again, with its rows");
    assertUnreadable(
        "Email,Name\n,,\nTotal,0\n",
        "leads.csv has a header and no rows: export it again, with its rows");
    assertUnreadable(
        "\1\2\3\4".repeat(100),
        "leads.csv is binary, not text; save it as CSV (UTF-8) or .xlsx and send that");
    assertUnreadable(
        "Colour,Size\nred,4\n",
        "leads.csv has no header row of a lead file: line 1, which was taken for it, has 2 columns,"
            + " known of them: none. No column is known as e-mail, LinkedIn URL, name, company or"
            + " domain: the first row must name the columns, for example Email, First Name, Last"
            + " Name, Company, Website, LinkedIn URL, Title, Country, Industry.");
    assertUnreadable(
        "\n\nAda;Zebrawoman;Title;CTO;branche\n",
        "leads.csv has no header row of a lead file: line 3, which was taken for it, has 5 columns,"
            + " known of them: Title, branche. No column is known as e-mail, LinkedIn URL, name,"
            + " company or domain: the first row must name the columns, for example Email, First"
            + " Name, Last Name, Company, Website, LinkedIn URL, Title, Country, Industry.");
    assertUnreadable(
        "{\"ada@k.example\": {\"first_nam\": \"Ada\", \"x\": 1}, \"Zebrawoman\": 1, \"title\": \"CTO\"}",
        "leads.csv holds JSON objects that are no leads: they have 4 keys, known of them: title. No"
            + " key is known as e-mail, LinkedIn URL, name, company or domain: use, for example,"
            + " email, first_name, last_name, company, domain, linkedin_url.");
    assertUnreadable(
        "{\"ada@k.example\": []}",
        "leads.csv holds JSON whose array \"(key)\" has no rows: export it again, with its rows");
    assertUnreadable(
        "Ann Lee,firm.example\nBob Lee,other.example\n",
        "leads.csv has no header row: its first row looks like data. No column is known as e-mail,"
            + " LinkedIn URL, name, company or domain: the first row must name the columns, for"
            + " example Email, First Name, Last Name, Company, Website, LinkedIn URL, Title,"
            + " Country, Industry.");
    assertUnreadable(
        "a@example.com,Ann\nb@example.com,Bob\n",
        "leads.csv has no header row: its first row looks like data. No column is known as e-mail,"
            + " LinkedIn URL, name, company or domain: the first row must name the columns, for"
            + " example Email, First Name, Last Name, Company, Website, LinkedIn URL, Title,"
            + " Country, Industry.");
    assertUnreadable(
        "Email" + ",x".repeat(2000) + "\na@example.com\n",
        "leads.csv has more than 1000 columns: export only those you need");
  }

  @Test
  void keysAroundTheRowsAreToldUnlessTheyMayBeData() {
    String rows = ": [{\"email\": \"a@b.example\"}]";
    assertThat(
            Frames.of("{\"data2\": {\"ada@k.example\"" + rows + "}, \"p 7\": [{\"x\": 1}]}")
                .format()
                .notes())
        .contains("rows are those under \"data2.(key)\"", "not read: \"(key)\"");
  }

  @Test
  void nameOfOneOtherColumnAboveIsATitle() {
    Frames frames = Frames.of("Country\nEmail,Colour\na@example.com,red\n");
    assertThat(frames.header()).containsExactly("Email", "Colour");
    assertThat(frames.skipped()).isEqualTo(1);
  }

  private void assertUnreadable(String text, String message) {
    Path file = folder.resolve("leads.csv");
    assertThatThrownBy(
            () -> {
              Files.writeString(file, text);
              Framer.open(file, Limits.defaults(), Frames.HYGIENE).close();
            })
        .isInstanceOf(UnreadableFile.class)
        .hasMessage(message);
  }

  @Test
  void columnsOfKilnsOwnDoNotCount() throws UnreadableFile {
    String header = "Email" + ",x".repeat(999);
    String row = "a@example.com" + ",y".repeat(999);
    Frames frames = Frames.of("kiln_line,kiln_reason,kiln_text," + header + "\n1,no,," + row);
    assertThat(frames.rows()).hasSize(1);
    assertThat(frames.rows().get(0)).hasSize(1003).endsWith("y");
    assertThatThrownBy(() -> Frames.of("kiln_line," + header + ",x\n1," + row))
        .hasMessageContaining("has more than 1000 columns");
  }

  @Test
  void byteOrderMarksWithinAndSeveralAtTheTop() {
    List<String> ann = List.of("a@example.com", "Ann, A");
    Frames frames =
        Frames.of(
            "\uFEFF\uFEFF\"Email\",\"Name\"\n\uFEFF\"a@example.com\",\"Ann, A\"\n"
                + "\uFEFF\uFEFF \"a@example.com\",\"Ann, A\"\n");
    assertThat(frames.header()).containsExactly("Email", "Name");
    assertThat(frames.rows()).containsExactly(ann, ann);
    String json = "[{\"Email\":\"a@example.com\",\"Name\":\"Ann, A\"}]";
    for (Charset charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE)) {
      assertThat(Frames.of("\uFEFF\uFEFF" + json, charset, Limits.defaults()).rows())
          .containsExactly(ann);
    }
  }

  @Test
  @Timeout(60)
  void aLongCellHalfOfWhichIsNotUtf8() {
    byte[] cell = "\u00E9x".repeat(450_000).getBytes(WINDOWS_1252);
    byte[] head =
        ("Email,Name\n" + "z\u00E9@example.com,Ann\n".repeat(20_000))
            .getBytes(StandardCharsets.UTF_8);
    byte[] all = Arrays.copyOf(head, head.length + cell.length);
    System.arraycopy(cell, 0, all, head.length, cell.length);
    Frames frames = Frames.of(all, Limits.defaults());
    assertThat(frames.rows().get(20_000).get(0)).isEqualTo("\u00E9x".repeat(450_000));
    assertThat(frames.format().notes())
        .containsExactly("450000 bytes are not UTF-8 and were read as Windows-1252");
  }

  @ParameterizedTest
  @ValueSource(strings = {"b@example.com\n", "\n", "b@example.com,Bob\nc@example.com,Cy\n"})
  void whatStandsBehindGzipIsNotLeftOut(String rest) throws IOException {
    for (int rows : new int[] {1, 7, 30_000}) {
      Path file = folder.resolve("leads.csv.gz");
      byte[] member = gzip("Email,Name\n" + "a@example.com,Ann\n".repeat(rows));
      Files.write(file, member);
      Files.write(file, gzip("b@example.com,Bob\n"), StandardOpenOption.APPEND);
      Files.write(file, new byte[20_000], StandardOpenOption.APPEND);
      assertThat(Frames.open(file, Limits.defaults(), 0).rows()).hasSize(rows + 1);
      Files.writeString(file, rest, StandardOpenOption.APPEND);
      assertThatThrownBy(() -> Frames.open(file, Limits.defaults(), 0))
          .hasStackTraceContaining(
              "leads.csv.gz goes on behind its gzip data with what is no gzip");
    }
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void aFileWithoutLeadsIsRefusedByTheNumberOfItsRows() throws IOException {
    Path file = folder.resolve("leads.csv");
    Files.writeString(file, "Email\na@example.com\n");
    try (Framer framer = Framer.open(file, Limits.defaults(), Frames.HYGIENE)) {
      assertThat(framer.next().records()).hasSize(1);
      assertThat(framer.withoutLeads("r1"))
          .hasMessageEndingWith(
              "its only row was rejected; \"kiln leads --state REJECTED --run r1\" says why");
      assertThat(framer.refusedRows(1, 1, "they are too large"))
          .hasMessageContaining(
              "is read no further than row 0: the ledger does not take rows 1 to 1");
    }
    Files.writeString(file, "Email\na@example.com\nb@example.com\n");
    try (Framer framer = Framer.open(file, Limits.defaults(), Frames.HYGIENE)) {
      assertThat(framer.next().records()).hasSize(2);
      assertThat(framer.withoutLeads("r1"))
          .hasMessageContaining("all 2 rows were rejected, each with its reason; ")
          .hasMessageEndingWith("lists them");
    }
  }

  @Test
  void jsonMayHoldWhatFilesOfLeadsDo() throws IOException {
    try (JsonParser parser = Framer.json().createParser("[NaN,\"a\tb\"]")) {
      assertThat(parser.nextToken()).isEqualTo(JsonToken.START_ARRAY);
      assertThat(parser.nextToken()).isEqualTo(JsonToken.VALUE_NUMBER_FLOAT);
      assertThat(parser.nextToken()).isEqualTo(JsonToken.VALUE_STRING);
    }
  }
}
