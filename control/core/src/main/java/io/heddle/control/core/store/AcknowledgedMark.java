package io.heddle.control.core.store;

import io.heddle.control.api.store.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Remembers, outside of the object file, up to where that file was made durable and promised: which
 * file, its length, and the revision that it then held.
 *
 * <p>MVStore by itself opens a file at the newest state that it finds whole. That may be less than
 * was promised, when the tail is gone; and it may be a state that never was, when a chunk was torn
 * in the middle, as only the ends of a chunk are checked. The mark answers both: a file that is
 * shorter is refused, and what is longer is cut off, before MVStore sees it.
 *
 * <p>The order of a commit is: <b>object file synced, mark synced, write published and
 * acknowledged</b>.
 *
 * <ul>
 *   <li>A crash between the first two leaves a tail that nobody was promised and nobody has seen;
 *       it is cut off at the next start.
 *   <li>The other order, mark first, would leave the mark ahead of the file after a crash between
 *       them: a store that lost nothing would be refused.
 *   <li>Acknowledging before the mark is synced would cut off a write whose writer was told that it
 *       succeeded.
 * </ul>
 *
 * <p>What this cannot see: a disk that loses synced writes of both files alike, or an older copy of
 * the whole directory put back.
 *
 * <p>The mark has two slots, one page apart, written in turn: a write that is torn spoils only the
 * slot that was older anyway. Owned by the writer thread of the store.
 */
final class AcknowledgedMark implements AutoCloseable {
  static final String NAME = "acknowledged";

  /** {@code HEDDLEAM}. */
  private static final long MAGIC = 0x484544444c45414dL;

  private static final int FORMAT = 1;
  private static final int SLOT = 64;
  private static final int SPACING = 4096;

  private final FileChannel channel;
  private final String file;
  private long sequence;

  private AcknowledgedMark(FileChannel channel, String file, long sequence) {
    this.channel = channel;
    this.file = file;
    this.sequence = sequence;
  }

  /**
   * What was promised.
   *
   * @param store tells stores apart
   * @param generation which object file counts
   * @param length how much of it counts, in bytes
   * @param revision what that much of it holds
   */
  record Point(UUID store, long generation, long length, long revision) {}

  /** A point and its place in the order of writing, which also says in which slot it is. */
  private record Slot(long sequence, Point point) {}

  /** What was promised last; empty when the mark is missing or damaged. */
  static Optional<Point> read(StoreFiles files) throws IOException {
    if (!files.exists(NAME)) {
      return Optional.empty();
    }
    try (FileChannel channel = files.read(NAME)) {
      return newest(channel).map(Slot::point);
    }
  }

  /** Makes the mark of a store that was just made, or whose making was cut off. */
  static AcknowledgedMark create(StoreFiles files, Point point) throws IOException {
    AcknowledgedMark mark = new AcknowledgedMark(files.open(NAME), files.describe(NAME), 0);
    try {
      mark.write(point);
      mark.write(point);
      mark.channel.force(true);
      files.syncDirectory();
      return mark;
    } catch (IOException | RuntimeException e) {
      mark.close();
      throw e;
    }
  }

  /** Opens a mark that {@link #read} found whole. */
  static AcknowledgedMark open(StoreFiles files) throws IOException {
    FileChannel channel = files.open(NAME);
    long sequence = newest(channel).map(Slot::sequence).orElse(0L);
    return new AcknowledgedMark(channel, files.describe(NAME), sequence);
  }

  /** Promises, durably. */
  void advance(Point point) throws IOException {
    write(point);
    channel.force(false); // the length never changes after the file was made
  }

  private void write(Point point) throws IOException {
    sequence++;
    ByteBuffer slot = ByteBuffer.allocate(SLOT);
    slot.putLong(MAGIC).putInt(FORMAT).putLong(sequence);
    slot.putLong(point.store().getMostSignificantBits());
    slot.putLong(point.store().getLeastSignificantBits());
    slot.putLong(point.generation()).putLong(point.length()).putLong(point.revision());
    slot.putInt(checksum(slot));
    slot.rewind();
    long position = place(sequence);
    while (slot.hasRemaining()) {
      position += channel.write(slot, position);
    }
  }

  private static long place(long sequence) {
    return (sequence & 1) * SPACING;
  }

  private static Optional<Slot> newest(FileChannel channel) throws IOException {
    Slot even = read(channel, 0);
    Slot odd = read(channel, 1);
    boolean evenIsNewest = odd == null || (even != null && even.sequence() > odd.sequence());
    return Optional.ofNullable(evenIsNewest ? even : odd);
  }

  private static @Nullable Slot read(FileChannel channel, long parity) throws IOException {
    ByteBuffer slot = ByteBuffer.allocate(SLOT);
    while (slot.hasRemaining()) {
      if (channel.read(slot, place(parity) + slot.position()) < 0) {
        return null;
      }
    }
    slot.rewind();
    long magic = slot.getLong();
    int format = slot.getInt();
    long sequence = slot.getLong();
    UUID store = new UUID(slot.getLong(), slot.getLong());
    Point point = new Point(store, slot.getLong(), slot.getLong(), slot.getLong());
    int expected = checksum(slot);
    boolean whole = magic == MAGIC && format == FORMAT && slot.getInt() == expected;
    return whole ? new Slot(sequence, point) : null;
  }

  /** Of everything before the buffer's position. */
  private static int checksum(ByteBuffer slot) {
    CRC32C crc = new CRC32C();
    crc.update(slot.duplicate().flip());
    return (int) crc.getValue();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new StoreException(file + ": cannot be closed", e);
    }
  }
}
