package dev.kiln.lead;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a file, or of a text that is none, without the gzip around them where there is one.
 */
final class Content {
  static final int SAMPLE_BYTES = 1 << 18;

  /** The text of a message, which is no file; null for a file. */
  private final byte @Nullable [] text;

  private final Path file;
  private final boolean gzip;
  private final byte[] sample;

  private Content(Path file, boolean gzip, byte[] sample) {
    this(file, gzip, sample, null);
  }

  private Content(Path file, boolean gzip, byte[] sample, byte @Nullable [] text) {
    this.file = file;
    this.gzip = gzip;
    this.sample = sample;
    this.text = text;
  }

  /**
   * Looks at a text that is no file.
   *
   * @param name what it is called in messages
   * @throws UnreadableFile when it is empty
   */
  static Content of(Path name, String text) throws UnreadableFile {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0) {
      throw new UnreadableFile(name, "is empty");
    }
    return new Content(
        name, false, Arrays.copyOf(bytes, Math.min(bytes.length, SAMPLE_BYTES)), bytes);
  }

  /**
   * Looks at a file.
   *
   * @throws UnreadableFile when it is empty, or damaged at its start
   */
  static Content of(Path file) throws IOException {
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(SAMPLE_BYTES);
    }
    if (head.length == 0) {
      throw new UnreadableFile(file, "is empty (zero bytes): export it again");
    }
    if (!begins(head, 0x1F, 0x8B)) {
      return new Content(file, false, head);
    }
    try (InputStream in = unzipped(file)) {
      Content content = new Content(file, true, in.readNBytes(SAMPLE_BYTES));
      if (content.sample.length == 0) {
        throw new UnreadableFile(file, "is empty behind its gzip: export it again");
      }
      return content;
    }
  }

  Path file() {
    return file;
  }

  /** Whether the file is compressed with gzip. */
  boolean gzip() {
    return gzip;
  }

  /** The first 256 KiB; not to be changed. */
  byte[] sample() {
    return sample;
  }

  /** Whether the sample is all of it. */
  boolean sampledWhole() {
    return sample.length < SAMPLE_BYTES;
  }

  /** All of it, from the start. */
  InputStream open() throws IOException {
    if (text != null) {
      return new ByteArrayInputStream(text);
    }
    return gzip ? unzipped(file) : Files.newInputStream(file);
  }

  /** The ending of its name, in lower case, without one for gzip; empty where there is none. */
  String ending() {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (gzip && name.endsWith(".gz")) {
      name = name.substring(0, name.length() - 3);
    }
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /** Whether it has these bytes at a place. */
  boolean hasAt(int at, byte[] bytes) {
    return sample.length >= at + bytes.length
        && Arrays.equals(sample, at, at + bytes.length, bytes, 0, bytes.length);
  }

  /** Whether it begins with these bytes. */
  boolean begins(int... signature) {
    return begins(sample, signature);
  }

  private static boolean begins(byte[] sample, int... signature) {
    if (sample.length < signature.length) {
      return false;
    }
    for (int i = 0; i < signature.length; i++) {
      if ((sample[i] & 0xFF) != signature[i]) {
        return false;
      }
    }
    return true;
  }

  private static InputStream unzipped(Path file) throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(file);
    try {
      return new Unzipped(file, channel);
    } catch (EOFException | ZipException damage) {
      channel.close();
      throw damaged(file);
    } catch (IOException | RuntimeException failure) {
      channel.close();
      throw failure;
    }
  }

  private static UnreadableFile damaged(Path file) {
    return new UnreadableFile(
        file, "is damaged: its gzip data is broken or breaks off; compress and send it again");
  }

  /** Says of which file the data is broken, or is followed by what is no gzip. */
  private static final class Unzipped extends GZIPInputStream {
    /** Bytes behind the data of each member. */
    private static final int TRAILER = 8;

    private final Path file;
    private final SeekableByteChannel channel;

    /** Where in the file the input ends that the inflater had last. */
    private long filled;

    Unzipped(Path file, SeekableByteChannel channel) throws IOException {
      super(Channels.newInputStream(channel), 1 << 16);
      this.file = file;
      this.channel = channel;
    }

    @Override
    protected void fill() throws IOException {
      super.fill();
      filled = channel.position();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count;
      try {
        count = super.read(bytes, offset, length);
      } catch (EOFException | ZipException damage) {
        throw damaged(file);
      }
      if (count < 0 && goesOn()) {
        throw new UnreadableFile(
            file, "goes on behind its gzip data with what is no gzip: compress and send it again");
      }
      return count;
    }

    /** Whether something is behind the data: zeros, which fill up blocks, are nothing. */
    private boolean goesOn() throws IOException {
      channel.position(Math.min(channel.size(), filled - inf.getRemaining() + TRAILER));
      ByteBuffer rest = ByteBuffer.allocate(1 << 13);
      while (channel.read(rest) >= 0) {
        for (rest.flip(); rest.hasRemaining(); ) {
          if (rest.get() != 0) {
            return true;
          }
        }
        rest.clear();
      }
      return false;
    }
  }
}
