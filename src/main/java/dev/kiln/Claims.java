package dev.kiln;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims on the files of an inbox, which several Kilns may share: each file is read by one of them.
 * A claim is a file beside the other, {@code .<name>.claim}, made by an exclusive create, which is
 * atomic on local and network file systems. It holds the id of its owner's data folder and when it
 * was renewed last. It survives the owner: the next Kiln on the same data folder takes it up at
 * once. Another one takes the file over by making the next claim ({@code .<name>.claim1}) when it
 * has seen the last one unchanged for the lease, by its own clock: clocks of two computers are
 * never compared. Of several claims the last counts. Thread-safe.
 */
public final class Claims implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Claims.class);
  private static final String ENDING = ".claim";

  /** Renewals within a lease, so that some may fail. */
  private static final int RENEWALS = 4;

  /** Bytes of a name that leave room for the rest of a claim's; longer ones are digested. */
  private static final int LONGEST_NAME = 200;

  /** A claim of this Kiln, while the file is read. */
  private record Held(int number, Instant renewed) {}

  /** A claim of another Kiln, as it was when it had changed. */
  private record Seen(String text, long since) {}

  private final String owner;
  private final Duration lease;
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final Map<Path, Held> held = new ConcurrentHashMap<>();
  private final Map<Path, Seen> seen = new ConcurrentHashMap<>();
  private final GoneFiles gone = new GoneFiles();
  private @Nullable Rhythm keeper;

  /**
   * Claims for the Kiln on a data folder.
   *
   * @param data the data folder, whose id is made where it has none
   * @param lease how long a claim lasts without renewal
   * @param clock tells the time, by which its own claims are renewed
   * @param nanoTime tells the time as {@link System#nanoTime} does, by which those of others
   *     expire: a clock that is set forward would end them all at once
   */
  public Claims(Path data, Duration lease, Clock clock, LongSupplier nanoTime) throws IOException {
    this.owner = owner(data.resolve("kiln.id"));
    this.lease = lease;
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  private static String owner(Path file) throws IOException {
    if (!Files.exists(file)) {
      Path part = Files.createTempFile(file.toAbsolutePath().getParent(), "kiln", ".id.part");
      try {
        write(part, UUID.randomUUID().toString());
        settle(part, file);
      } finally {
        Files.deleteIfExists(part);
      }
    }
    return Files.readString(file).strip();
  }

  /** Gives a file its name, unless another process gave that to one at the same moment. */
  private static void settle(Path part, Path file) throws IOException {
    try {
      Files.createLink(file, part);
    } catch (UnsupportedOperationException | FileSystemException failure) {
      // One is there by now, or there are no links here.
      if (!Files.exists(file)) {
        Files.move(part, file);
      }
    }
  }

  /** The id of the data folder: the same after a restart, and no other Kiln has it. */
  String owner() {
    return owner;
  }

  /** Renews the claims that are held, until the close. */
  void keep() {
    keeper = new Rhythm("kiln-claims").every(lease.dividedBy(RENEWALS).plusMillis(1), this::renew);
  }

  /**
   * Claims a file to read it.
   *
   * @return false if another has it, or it is gone
   */
  boolean take(Path file) throws IOException {
    if (held.containsKey(file)) {
      return false;
    }
    int number = claims(file);
    String last = number == 0 ? "" : read(file, number - 1);
    if (number > 0 && last.startsWith(owner)) {
      hold(file, number - 1, false);
      return true;
    }
    if (number > 0 && !expired(claim(file, number - 1), last)) {
      return false;
    }
    try {
      hold(file, number, true);
    } catch (FileAlreadyExistsException another) {
      return false;
    }
    // It may have been read to its end, or its owner may have come back, while this one looked.
    if (!Files.exists(file) || (number > 0 && !last.equals(read(file, number - 1)))) {
      held.remove(file);
      Files.deleteIfExists(claim(file, number));
      return false;
    }
    if (number > 0) {
      LOG.warn(
          "{}: its claim was not renewed for {} s, so this Kiln reads it; rows that the other one has stored"
              + " are sent twice if that one has a ledger of its own and comes back",
          file.getFileName(),
          lease.toSeconds());
    }
    return true;
  }

  private void hold(Path file, int number, boolean made) throws IOException {
    Path claim = claim(file, number);
    if (made) {
      make(claim, text());
    } else {
      rewrite(claim);
    }
    held.put(file, new Held(number, clock.instant()));
  }

  /** A claim that another user has made is replaced: its folder is this Kiln's. */
  private void rewrite(Path claim) throws IOException {
    try {
      write(claim, text());
    } catch (AccessDeniedException ofAnother) {
      Path part = claim.resolveSibling(claim.getFileName() + ".part");
      Files.deleteIfExists(part);
      make(part, text());
      Files.move(part, claim, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Always as long, since a renewal is written over it in one piece. */
  private String text() {
    return "%s %015d\n".formatted(owner, clock.millis());
  }

  private boolean expired(Path claim, String text) {
    long now = nanoTime.getAsLong();
    Seen before = seen.get(claim);
    if (before == null || !before.text.equals(text)) {
      seen.put(claim, new Seen(text, now));
      gone.forget(seen);
      return false;
    }
    return now - before.since >= lease.toNanos();
  }

  /**
   * Claims a name for a file that is about to be put there, so that no other Kiln reads it. The
   * claim belongs to the owner of its folder, where this user may give it away.
   *
   * @return false if there is such a file, or a claim on one
   */
  public boolean reserve(Path file) throws IOException {
    if (hold(file)) {
      Held claim = held.remove(file);
      Belongings.give(claim(file, claim.number), file.resolveSibling(""));
      return true;
    }
    return false;
  }

  /** The same for a file that is read here at once. */
  boolean hold(Path file) throws IOException {
    if (Files.exists(file)) {
      return false;
    }
    int number = 0;
    while (Files.exists(claim(file, number))) {
      String text = read(file, number);
      // One that was never written whole is nobody's, unless somebody is just about to.
      if (text.endsWith("\n") || !expired(claim(file, number), text)) {
        return false;
      }
      number++;
    }
    try {
      hold(file, number, true);
      return true;
    } catch (FileAlreadyExistsException claimed) {
      return false;
    }
  }

  /** Whether somebody has a file: a claim that was not written whole is nobody's. */
  boolean taken(Path file) throws IOException {
    int number = claims(file);
    return number > 0 && read(file, number - 1).endsWith("\n");
  }

  /** How many claims there are on a file: the last one counts. */
  private static int claims(Path file) {
    int number = 0;
    while (Files.exists(claim(file, number))) {
      number++;
    }
    return number;
  }

  /** Whether a file was claimed here and another Kiln may have taken it over since. */
  boolean lost(Path file) {
    Held claim = held.get(file);
    return claim != null && !clock.instant().isBefore(claim.renewed.plus(lease));
  }

  /**
   * Reading has ended for now. The claim goes if the file has gone; else it stays, since rows of it
   * may be stored here.
   */
  void done(Path file) {
    boolean lost = lost(file);
    Held claim = held.remove(file);
    if (claim == null || lost || Files.exists(file)) {
      return;
    }
    try {
      for (int number = claim.number; number >= 0; number--) {
        Files.deleteIfExists(claim(file, number));
      }
    } catch (IOException failure) {
      LOG.warn("{}: its claim could not be deleted: {}", file.getFileName(), failure.toString());
    }
  }

  /** Renews every claim that is held and was not taken over. */
  void renew() {
    held.forEach(
        (file, claim) -> {
          try {
            boolean over = Files.exists(claim(file, claim.number + 1));
            Held now = new Held(claim.number, over ? Instant.EPOCH : clock.instant());
            if (!over) {
              write(claim(file, claim.number), text());
            }
            held.replace(file, claim, now);
          } catch (IOException failure) {
            LOG.warn(
                "{}: its claim could not be renewed: {}", file.getFileName(), failure.toString());
          }
        });
  }

  private static Path claim(Path file, int number) {
    String name = file.getFileName().toString();
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return file.resolveSibling(
        "."
            + (bytes.length > LONGEST_NAME ? UUID.nameUUIDFromBytes(bytes) : name)
            + ENDING
            + (number == 0 ? "" : number));
  }

  private static String read(Path file, int number) throws IOException {
    try {
      return Files.readString(claim(file, number));
    } catch (NoSuchFileException gone) {
      return "";
    }
  }

  /** Makes a file with its text, or none. */
  private static void make(Path file, String text) throws IOException {
    Files.createFile(file);
    try {
      write(file, text);
    } catch (IOException failure) {
      Files.deleteIfExists(file);
      throw failure;
    }
  }

  private static void write(Path file, String text) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer left = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (left.hasRemaining()) {
        channel.write(left);
      }
      channel.force(true);
    }
  }

  @Override
  public void close() {
    if (keeper != null) {
      keeper.close();
    }
  }
}
