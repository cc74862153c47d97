package io.heddle.control.core.store;

import com.google.protobuf.ByteString;
import io.heddle.control.api.store.StoreException;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * What one write changed, as a shared store keeps it: who made the write, when, the names of its
 * objects, and compressed the records of its changes.
 *
 * @param id of the write: by it a writer that got no answer finds out whether it was done
 * @param at when it was made
 * @param names of the objects, in the order of the changes
 * @param records compressed
 */
record PackedWrites(UUID id, Instant at, List<String> names, ByteString records) {
  private static final int FORMAT = 1;
  private static final int MOST_CHANGES = 100_000;
  private static final int LARGEST_RECORD = 64 << 20;

  PackedWrites {
    names = List.copyOf(names);
  }

  static PackedWrites of(UUID id, Instant at, List<String> names, List<byte[]> records) {
    ByteString.Output packed = ByteString.newOutput();
    try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(packed))) {
      for (byte[] record : records) {
        out.writeInt(record.length);
        out.write(record);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new PackedWrites(id, at, names, packed.toByteString());
  }

  /** What it costs to keep it. */
  int size() {
    return records.size();
  }

  ByteString value() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(FORMAT);
      out.writeLong(id.getMostSignificantBits());
      out.writeLong(id.getLeastSignificantBits());
      out.writeUTF(at.toString());
      out.writeInt(names.size());
      for (String name : names) {
        out.writeUTF(name);
      }
      records.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ByteString.copyFrom(bytes.toByteArray());
  }

  /**
   * Reads what {@link #value} wrote.
   *
   * @param where for the message
   */
  static PackedWrites parse(String where, ByteString value) {
    try (DataInputStream in = new DataInputStream(value.newInput())) {
      int format = in.readInt();
      if (format != FORMAT) {
        throw new StoreException(
            where + ": its format is " + format + " (expected: " + FORMAT + "); is it Heddle's?");
      }
      UUID id = new UUID(in.readLong(), in.readLong());
      Instant at = Instant.parse(in.readUTF());
      int count = in.readInt();
      if (count < 0 || count > MOST_CHANGES) {
        throw damaged(where, new IOException(count + " changes"));
      }
      List<String> names = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        names.add(in.readUTF());
      }
      return new PackedWrites(id, at, names, ByteString.readFrom(in));
    } catch (IOException | java.time.DateTimeException e) {
      throw damaged(where, e);
    }
  }

  /** The records of the changes, in their order. */
  List<byte[]> unpacked(String where) {
    List<byte[]> all = new ArrayList<>();
    try (DataInputStream in = new DataInputStream(new InflaterInputStream(records.newInput()))) {
      for (int i = 0; i < names.size(); i++) {
        int length = in.readInt();
        if (length < 0 || length > LARGEST_RECORD) {
          throw damaged(where, new IOException("a record of " + length + " bytes"));
        }
        all.add(in.readNBytes(length));
      }
      return all;
    } catch (IOException e) {
      throw damaged(where, e);
    }
  }

  private static StoreException damaged(String where, Exception cause) {
    return new StoreException(
        where + ": damaged (" + cause.getMessage() + "); restore the store from a backup", cause);
  }

  /** Compressed text. */
  static ByteString deflated(String text) {
    ByteString.Output packed = ByteString.newOutput();
    try (DeflaterOutputStream out = new DeflaterOutputStream(packed)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteString();
  }

  static String inflated(String where, ByteString value) {
    try (InflaterInputStream in = new InflaterInputStream(value.newInput())) {
      return new String(in.readNBytes(LARGEST_RECORD), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw damaged(where, e);
    }
  }
}
