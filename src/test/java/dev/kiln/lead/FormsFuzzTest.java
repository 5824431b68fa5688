package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** No file crashes or stops the reader: it is read, or refused with a reason. */
final class FormsFuzzTest {
  private static final Limits SMALL = new Limits(7, 5_000, 2_000, 20, 20, 30);

  @Property(tries = 1000)
  void mutatedForms(@ForAll("forms") Path form, @ForAll long seed) throws IOException {
    Random random = new Random(seed);
    byte[] bytes = Files.readAllBytes(form);
    boolean zip = bytes.length > 4 && bytes[0] == 'P' && bytes[1] == 'K' && random.nextInt(4) > 0;
    check(zip ? mutatedWithin(bytes, random) : mutated(bytes, random));
  }

  @Property(tries = 500)
  void partsOfForms(@ForAll("forms") Path one, @ForAll("forms") Path other, @ForAll long seed)
      throws IOException {
    Random random = new Random(seed);
    byte[] head = Files.readAllBytes(one);
    byte[] tail = Files.readAllBytes(other);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(head, 0, head.length == 0 ? 0 : random.nextInt(head.length));
    int from = tail.length == 0 ? 0 : random.nextInt(tail.length);
    all.write(tail, from, tail.length - from);
    check(all.toByteArray());
  }

  /** The library's parsers say in several ways what they cannot read. */
  @Test
  void whatXmlForbidsAnywhereInAWorkbook() throws IOException {
    int checked = 0;
    for (Path form : FormsTest.forms()) {
      if (!form.toString().endsWith(".xlsx")) {
        continue;
      }
      byte[] workbook = Files.readAllBytes(form);
      for (String piece : List.of("\u00B7", "<\u00B7", "&\u00B7;", "\u0001", "\uFFFF")) {
        byte[] forbidden = piece.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < 2000; at += 97) {
          check(withInSheets(workbook, at, forbidden));
          checked++;
        }
      }
    }
    assertThat(checked).isPositive();
  }

  private static void check(byte[] bytes) {
    try {
      Frames frames = Frames.open(bytes, SMALL, 0);
      assertThat(frames.read()).isEqualTo(frames.rows().size() + frames.broken().size());
      assertThat(frames.rows()).allSatisfy(row -> assertThat(row).hasSameSizeAs(frames.header()));
      assertThat(frames.broken())
          .allSatisfy(broken -> assertThat(broken.original().length()).isLessThanOrEqualTo(30));
    } catch (UnreadableFile refused) {
      assertThat(refused).hasMessageMatching("(?s)leads.* \\S.*");
    } catch (java.io.UncheckedIOException onTheWay) {
      assertThat(onTheWay).hasCauseInstanceOf(UnreadableFile.class);
    }
  }

  private static byte[] mutated(byte[] bytes, Random random) {
    byte[] all = bytes.clone();
    for (int i = random.nextInt(4); i >= 0 && all.length > 0; i--) {
      int at = random.nextInt(all.length);
      int length = Math.min(random.nextInt(20), all.length - at);
      switch (random.nextInt(4)) {
        case 0 -> all[at] = (byte) random.nextInt(256);
        case 1 -> all[at] = (byte) "\"{}[],:\\\n\r<>&'/=;\t |0\0".charAt(random.nextInt(22));
        case 2 -> all = spliced(all, at, at + length, new byte[0]);
        default -> {
          byte[] again = new byte[length];
          System.arraycopy(all, at, again, 0, length);
          all = spliced(all, random.nextInt(all.length), -1, again);
        }
      }
    }
    return all;
  }

  /** With a piece in place of another; nothing is taken away for a negative end. */
  private static byte[] spliced(byte[] bytes, int from, int to, byte[] piece) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, from);
    out.writeBytes(piece);
    int rest = to < 0 ? from : to;
    out.write(bytes, rest, bytes.length - rest);
    return out.toByteArray();
  }

  /** A ZIP archive with a piece more in each of its sheets. */
  private static byte[] withInSheets(byte[] zip, int at, byte[] piece) throws IOException {
    return rewritten(
        zip,
        (name, content) ->
            name.contains("worksheets/")
                ? spliced(content, Math.min(at, content.length), -1, piece)
                : content);
  }

  /** A ZIP archive with changes in one of its files. */
  private static byte[] mutatedWithin(byte[] zip, Random random) throws IOException {
    return rewritten(
        zip, (name, content) -> random.nextInt(3) == 0 ? mutated(content, random) : content);
  }

  private static byte[] rewritten(byte[] zip, BiFunction<String, byte[], byte[]> change)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip));
        ZipOutputStream again = new ZipOutputStream(out)) {
      ZipEntry entry = in.getNextEntry();
      while (entry != null) {
        byte[] content = in.readAllBytes();
        again.putNextEntry(new ZipEntry(entry.getName()));
        again.write(change.apply(entry.getName(), content));
        entry = in.getNextEntry();
      }
    }
    return out.toByteArray();
  }

  @Provide
  Arbitrary<Path> forms() throws IOException {
    List<Path> forms = FormsTest.forms();
    return Arbitraries.of(forms);
  }
}
