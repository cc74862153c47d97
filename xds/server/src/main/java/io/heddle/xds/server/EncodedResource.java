package io.heddle.xds.server;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.heddle.xds.model.ResourceType;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A resource in the bytes that go on the wire: encoded once, shared by every stream.
 *
 * <p>One array holds it as a field of both kinds of response. In {@code DeltaDiscoveryResponse} it
 * is field 2 with name, version and {@code Any} (itself field 2) last; in {@code DiscoveryResponse}
 * field 2 is that {@code Any} alone, which is therefore a suffix of the same bytes.
 */
public final class EncodedResource {
  private static final int RESOURCES_TAG = 2 << 3 | 2;
  private static final int RESOURCE_NAME = 3;
  private static final int RESOURCE_VERSION = 1;
  private static final int VERSION_HEX_DIGITS = 16;

  private final ResourceType type;
  private final String name;
  private final String version;
  private final byte[] bytes;
  private final int anyField;
  private final int value;
  private final List<String> references;
  private final long digest;

  private EncodedResource(
      ResourceType type,
      String name,
      String version,
      byte[] bytes,
      int anyField,
      int value,
      List<String> references) {
    this.type = type;
    this.name = name;
    this.version = version;
    this.bytes = bytes;
    this.anyField = anyField;
    this.value = value;
    this.references = references;
    this.digest = mix(Long.rotateLeft(mix(name.hashCode()), 17) ^ mix(version.hashCode()));
  }

  /**
   * Encodes a message deterministically; its version is the first 16 hexadecimal digits of the
   * SHA-256 of that encoding.
   *
   * @throws IllegalArgumentException when the message is not of the type, or the name is empty
   */
  public static EncodedResource of(ResourceType type, String name, Message message) {
    ResourceKey key = new ResourceKey(type, name);
    String messageType = message.getDescriptorForType().getFullName();
    if (!type.typeUrl().endsWith("/" + messageType)) {
      throw new IllegalArgumentException(
          key + ": " + messageType + " (expected: " + type.typeUrl() + ")");
    }
    byte[] value = new byte[message.getSerializedSize()];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(value);
      out.useDeterministicSerialization();
      message.writeTo(out);
      out.checkNoSpaceLeft();
      String version =
          HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance("SHA-256").digest(value), 0, VERSION_HEX_DIGITS / 2);
      return frame(type, name, version, value, References.of(type, message));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Content that a client says it holds, of which only the version is known here. */
  static EncodedResource heldElsewhere(ResourceType type, String name, String version) {
    return new EncodedResource(type, name, version, new byte[0], 0, 0, List.of());
  }

  /** Whether it is {@link #heldElsewhere} and can be sent to nobody. */
  boolean versionOnly() {
    return bytes.length == 0;
  }

  private static EncodedResource frame(
      ResourceType type, String name, String version, byte[] value, List<String> references)
      throws IOException {
    int anySize =
        CodedOutputStream.computeStringSize(1, type.typeUrl())
            + CodedOutputStream.computeByteArraySize(2, value);
    int anyFieldSize = 1 + CodedOutputStream.computeUInt32SizeNoTag(anySize) + anySize;
    int resourceSize =
        CodedOutputStream.computeStringSize(RESOURCE_NAME, name)
            + CodedOutputStream.computeStringSize(RESOURCE_VERSION, version)
            + anyFieldSize;
    byte[] bytes =
        new byte[1 + CodedOutputStream.computeUInt32SizeNoTag(resourceSize) + resourceSize];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeUInt32NoTag(RESOURCES_TAG);
    out.writeUInt32NoTag(resourceSize);
    out.writeString(RESOURCE_NAME, name);
    out.writeString(RESOURCE_VERSION, version);
    int anyField = out.getTotalBytesWritten();
    out.writeUInt32NoTag(RESOURCES_TAG);
    out.writeUInt32NoTag(anySize);
    out.writeString(1, type.typeUrl());
    out.writeByteArray(2, value);
    out.checkNoSpaceLeft();
    return new EncodedResource(
        type, name, version, bytes, anyField, bytes.length - value.length, references);
  }

  /** The kind of resource. */
  public ResourceType type() {
    return type;
  }

  /** The name that clients subscribe to. */
  public String name() {
    return name;
  }

  /** Type and name. */
  public ResourceKey key() {
    return new ResourceKey(type, name);
  }

  /** The hash of the content: the same on every replica and after every restart. */
  public String version() {
    return version;
  }

  /** Type, name and version. */
  public ResourceVersion resourceVersion() {
    return new ResourceVersion(type, name, version);
  }

  /** The content, without a copy. */
  public Any any() {
    ByteString content = UnsafeByteOperations.unsafeWrap(bytes, value, bytes.length - value);
    return Any.newBuilder().setTypeUrl(type.typeUrl()).setValue(content).build();
  }

  /**
   * What this resource needs: for a listener or routes the clusters they name, for a cluster the
   * name of its endpoints where they come by EDS.
   */
  public List<String> references() {
    return references;
  }

  /** Whether both hold the same content. */
  boolean sameVersion(EncodedResource other) {
    return this == other || version.equals(other.version);
  }

  /** A hash of name and version; sums of it identify a set. */
  long digest() {
    return digest;
  }

  int frameSize(boolean delta) {
    return delta ? bytes.length : bytes.length - anyField;
  }

  void writeFrame(boolean delta, OutputStream out) throws IOException {
    int from = delta ? 0 : anyField;
    out.write(bytes, from, bytes.length - from);
  }

  private static long mix(long z) {
    long a = (z ^ (z >>> 33)) * 0xff51afd7ed558ccdL;
    long b = (a ^ (a >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return b ^ (b >>> 33);
  }

  @Override
  public String toString() {
    return type + "/" + name + "@" + version;
  }
}
