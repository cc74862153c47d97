package io.heddle.control.core.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;

/**
 * A disk that keeps only what was synced. Each file has a synced image and a list of writes that
 * were not synced yet; at the cut every later operation fails, and what is found afterwards is the
 * synced image with any part of the unsynced writes: whole, torn at sectors, out of order, or none.
 * The making and renaming of files survives for sure only after the directory was synced.
 *
 * <p>It stands below {@link StoreFiles}, and below MVStore as a file system with its own scheme.
 */
final class CutDisk implements StoreFiles {
  static final String SCHEME = "heddlecut";
  private static final int SECTOR = 512;

  /** A write or a change of length that was not synced. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Pending(long position, byte[] bytes, boolean truncate) {}

  private static final class Image {
    byte[] synced = new byte[0];
    byte[] current = new byte[0];
    final List<Pending> pending = new ArrayList<>();

    static Image of(byte[] bytes) {
      Image image = new Image();
      image.synced = bytes.clone();
      image.current = bytes.clone();
      return image;
    }
  }

  /** What the directory says now, and what it said when it was last synced. */
  private final Map<String, Image> names = new HashMap<>();

  private Map<String, Image> syncedNames = new HashMap<>();
  private long cutAfter;
  private long operations;

  /** The file that takes no more, and how often it was tried. */
  private String full = "";

  private int refusals;

  /** How many writes still find space. */
  private long space = Long.MAX_VALUE;

  /** Cuts the power after so many writes and syncs. */
  CutDisk(long cutAfter) {
    this.cutAfter = cutAfter;
    FilePath.register(new CutPath(this, ""));
  }

  /** A disk that holds what survived, and is never cut, or is cut again. */
  CutDisk(Map<String, byte[]> files, long cutAfter) {
    this(cutAfter);
    files.forEach((name, bytes) -> names.put(name, Image.of(bytes)));
    syncedNames = new HashMap<>(names);
  }

  synchronized long operations() {
    return operations;
  }

  /** What failed was the process, not the power: what is in memory stays, and the next one runs. */
  synchronized void killedOnly() {
    cutAfter = Long.MAX_VALUE;
  }

  /** There is no space for this file any more; none has an empty name. */
  synchronized void full(String name) {
    full = name;
  }

  /** The disk is full after so many writes; the last of them still gets its first sector on it. */
  synchronized void fullAfter(long writes) {
    space = writes;
  }

  /** How many writes found no space. */
  synchronized int refusals() {
    return refusals;
  }

  private void operate() throws IOException {
    if (operations >= cutAfter) {
      throw new IOException("the power is cut");
    }
    operations++;
  }

  /** What a machine finds after the power came back. */
  synchronized Map<String, byte[]> survivors(Random random) {
    Map<String, Image> found = new HashMap<>(random.nextBoolean() ? names : syncedNames);
    Map<String, byte[]> files = new HashMap<>();
    found.forEach((name, image) -> files.put(name, survive(image, random)));
    return files;
  }

  /** Only what was synced. */
  synchronized Map<String, byte[]> synced() {
    Map<String, byte[]> files = new HashMap<>();
    syncedNames.forEach((name, image) -> files.put(name, image.synced.clone()));
    return files;
  }

  /** What the system shows, synced or not. */
  synchronized Map<String, byte[]> current() {
    Map<String, byte[]> files = new HashMap<>();
    names.forEach((name, image) -> files.put(name, image.current.clone()));
    return files;
  }

  private static byte[] survive(Image image, Random random) {
    byte[] bytes = image.synced.clone();
    int mode = random.nextInt(4);
    int prefix = random.nextInt(image.pending.size() + 1);
    for (int i = 0; i < image.pending.size(); i++) {
      Pending write = image.pending.get(i);
      boolean survives =
          switch (mode) {
            case 0 -> false;
            case 1 -> true;
            case 2 -> i < prefix;
            default -> random.nextBoolean();
          };
      if (write.truncate()) {
        if (survives) {
          bytes = Arrays.copyOf(bytes, (int) write.position());
        }
        continue;
      }
      boolean torn = mode == 3 || (mode == 2 && i == prefix);
      if (torn) {
        bytes = tear(bytes, write, random);
      } else if (survives) {
        bytes = apply(bytes, write.position(), write.bytes(), 0, write.bytes().length);
      }
    }
    return bytes;
  }

  /** Each sector of the write gets to the disk or does not. */
  private static byte[] tear(byte[] bytes, Pending write, Random random) {
    byte[] torn = bytes;
    long at = write.position();
    long end = write.position() + write.bytes().length;
    while (at < end) {
      long next = Math.min(end, (at / SECTOR + 1) * SECTOR);
      if (random.nextBoolean()) {
        torn = apply(torn, at, write.bytes(), (int) (at - write.position()), (int) (next - at));
      }
      at = next;
    }
    return torn;
  }

  private static byte[] apply(byte[] bytes, long position, byte[] from, int offset, int length) {
    int end = (int) position + length;
    byte[] grown = bytes.length < end ? Arrays.copyOf(bytes, end) : bytes;
    System.arraycopy(from, offset, grown, (int) position, length);
    return grown;
  }

  @Override
  public String describe(String name) {
    return "/" + name;
  }

  @Override
  public synchronized boolean exists(String name) {
    return names.containsKey(name);
  }

  @Override
  public synchronized List<String> names() {
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized FileChannel open(String name) {
    return new CutChannel(this, names.computeIfAbsent(name, _ -> new Image()), name);
  }

  @Override
  public FileChannel read(String name) {
    return open(name);
  }

  @Override
  public String mvStoreName(String name) {
    return SCHEME + ":" + name;
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    operate();
    Image image = names.remove(from);
    if (image == null) {
      throw new IOException(from + ": no such file");
    }
    names.put(to, image);
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    operate();
    names.remove(name);
  }

  @Override
  public synchronized void syncDirectory() throws IOException {
    operate();
    syncedNames = new HashMap<>(names);
  }

  @Override
  public Hold hold() {
    return () -> {};
  }

  private synchronized int read(Image image, ByteBuffer target, long position) {
    if (position >= image.current.length) {
      return -1;
    }
    int length = Math.min(target.remaining(), image.current.length - (int) position);
    target.put(image.current, (int) position, length);
    return length;
  }

  private synchronized int write(Image image, String name, ByteBuffer source, long position)
      throws IOException {
    operate();
    if (name.equals(full)) {
      refusals++;
      throw new IOException("No space left on device");
    }
    if (--space < 0) {
      refusals++;
      byte[] part = new byte[space == -1 ? Math.min(SECTOR, source.remaining()) : 0];
      source.get(part);
      image.pending.add(new Pending(position, part, false));
      image.current = apply(image.current, position, part, 0, part.length);
      throw new IOException("No space left on device");
    }
    byte[] bytes = new byte[source.remaining()];
    source.get(bytes);
    image.pending.add(new Pending(position, bytes, false));
    image.current = apply(image.current, position, bytes, 0, bytes.length);
    return bytes.length;
  }

  private synchronized void truncate(Image image, long size) throws IOException {
    operate();
    if (size < image.current.length) {
      image.pending.add(new Pending(size, new byte[0], true));
      image.current = Arrays.copyOf(image.current, (int) size);
    }
  }

  private synchronized void force(Image image) throws IOException {
    operate();
    image.synced = image.current.clone();
    image.pending.clear();
  }

  private synchronized long size(Image image) {
    return image.current.length;
  }

  /** A file that is open. */
  private static final class CutChannel extends FileBaseDefault {
    private final CutDisk disk;
    private final Image image;
    private final String name;

    CutChannel(CutDisk disk, Image image, String name) {
      this.disk = disk;
      this.image = image;
      this.name = name;
    }

    @Override
    public long size() {
      return disk.size(image);
    }

    @Override
    public synchronized int read(ByteBuffer target, long position) {
      return disk.read(image, target, position);
    }

    @Override
    public synchronized int write(ByteBuffer source, long position) throws IOException {
      return disk.write(image, name, source, position);
    }

    @Override
    protected void implTruncate(long size) throws IOException {
      disk.truncate(image, size);
    }

    @Override
    public void force(boolean metadata) throws IOException {
      disk.force(image);
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
      return new FileLock(this, position, size, shared) {
        @Override
        public boolean isValid() {
          return true;
        }

        @Override
        public void release() {
          // Nobody else has this disk.
        }
      };
    }

    @Override
    protected void implCloseChannel() {
      // The image stays.
    }
  }

  /** How MVStore sees the disk; the newest disk is the one registered. */
  private static final class CutPath extends FilePath {
    private final CutDisk disk;

    CutPath(CutDisk disk, String file) {
      this.disk = disk;
      this.name = SCHEME + ":" + file;
    }

    private String file() {
      return name.substring(SCHEME.length() + 1);
    }

    @Override
    public String getScheme() {
      return SCHEME;
    }

    @Override
    public FilePath getPath(String path) {
      return new CutPath(disk, path.substring(path.indexOf(':') + 1));
    }

    @Override
    public FileChannel open(String mode) {
      return disk.open(file());
    }

    @Override
    public boolean exists() {
      return isDirectory() || disk.exists(file());
    }

    @Override
    public long size() {
      return disk.size(disk.names.getOrDefault(file(), new Image()));
    }

    @Override
    public FilePath getParent() {
      return new CutPath(disk, "");
    }

    @Override
    public FilePath toRealPath() {
      return this;
    }

    @Override
    public boolean isDirectory() {
      return file().isEmpty();
    }

    @Override
    public boolean isRegularFile() {
      return !file().isEmpty();
    }

    @Override
    public boolean isAbsolute() {
      return true;
    }

    @Override
    public boolean canWrite() {
      return true;
    }

    @Override
    public boolean createFile() {
      return !disk.exists(file());
    }

    @Override
    public long lastModified() {
      return 0;
    }

    @Override
    public void moveTo(FilePath to, boolean atomic) {
      throw new UnsupportedOperationException("the store renames by StoreFiles");
    }

    @Override
    public void delete() {
      throw new UnsupportedOperationException("the store deletes by StoreFiles");
    }

    @Override
    public List<FilePath> newDirectoryStream() {
      return List.of();
    }

    @Override
    public void createDirectory() {
      throw new UnsupportedOperationException("there is one directory");
    }

    @Override
    public boolean setReadOnly() {
      return false;
    }

    @Override
    public OutputStream newOutputStream(boolean append) {
      throw new UnsupportedOperationException("MVStore writes by channels");
    }
  }
}
