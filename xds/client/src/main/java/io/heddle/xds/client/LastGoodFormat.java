package io.heddle.xds.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.heddle.xds.model.ResourceType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The bytes of a last good configuration.
 *
 * <p>Magic {@code HDLG}, format version, node id, then per type its URL and resources (name,
 * version, encoded {@code Any}), and at the end the SHA-256 of all that stands before it. Strings
 * and bodies are preceded by their length in four bytes, big-endian.
 */
final class LastGoodFormat {
  private static final int MAGIC = 0x48444C47;
  private static final int VERSION = 1;
  private static final int DIGEST_BYTES = 32;
  private static final byte[] KEY = "PRIVATE KEY-----".getBytes(StandardCharsets.US_ASCII);

  private LastGoodFormat() {}

  static byte[] encode(String nodeId, LastGood lastGood) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 * 1024);
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(MAGIC);
    out.writeInt(VERSION);
    writeString(out, nodeId);
    out.writeInt(ResourceType.values().length);
    for (ResourceType type : ResourceType.values()) {
      writeString(out, type.typeUrl());
      Map<ReceivedResource, byte[]> kept = new LinkedHashMap<>();
      for (ReceivedResource resource : lastGood.of(type)) {
        byte[] body = resource.body().toByteArray();
        if (type != ResourceType.SECRET && !holdsKey(body)) {
          kept.put(resource, body);
        }
      }
      out.writeInt(kept.size());
      for (Map.Entry<ReceivedResource, byte[]> resource : kept.entrySet()) {
        writeString(out, resource.getKey().name());
        writeString(out, resource.getKey().version());
        writeBytes(out, resource.getValue());
      }
    }
    byte[] content = bytes.toByteArray();
    bytes.writeBytes(digest(content, content.length));
    return bytes.toByteArray();
  }

  /** Whether a private key in PEM stands in it, which must never come to the disk. */
  private static boolean holdsKey(byte[] body) {
    for (int at = 0; at <= body.length - KEY.length; at++) {
      if (body[at] == KEY[0] && Arrays.equals(body, at, at + KEY.length, KEY, 0, KEY.length)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads the whole or nothing.
   *
   * @throws IOException with the reason why these bytes are not this node's configuration
   */
  static LastGood decode(byte[] file, String nodeId) throws IOException {
    return decode(file, Optional.of(nodeId));
  }

  /** The same; of any node where none is given. */
  static LastGood decode(byte[] file, Optional<String> nodeId) throws IOException {
    int length = file.length - DIGEST_BYTES;
    if (length < 2 * Integer.BYTES) {
      throw new IOException("found " + file.length + " bytes, too few for a header");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(file, 0, length));
    int magic = in.readInt();
    if (magic != MAGIC) {
      throw new IOException("not a last good configuration (starts with 0x%08x)".formatted(magic));
    }
    int version = in.readInt();
    if (version != VERSION) {
      throw new IOException("format version: found " + version + ", expected " + VERSION);
    }
    byte[] stored = Arrays.copyOfRange(file, length, file.length);
    if (!MessageDigest.isEqual(stored, digest(file, length))) {
      throw new IOException("damaged: its checksum does not match its content");
    }
    String owner = readString(in);
    if (nodeId.isPresent() && !owner.equals(nodeId.get())) {
      throw new IOException("node id: found " + owner + ", expected " + nodeId.get());
    }
    return readResources(in);
  }

  private static LastGood readResources(DataInputStream in) throws IOException {
    Map<ResourceType, List<ReceivedResource>> resources = new EnumMap<>(ResourceType.class);
    int types = in.readInt();
    for (int i = 0; i < types; i++) {
      String url = readString(in);
      Optional<ResourceType> type = ResourceType.ofTypeUrl(url);
      if (type.isEmpty()) {
        throw new IOException("resource type: found " + url + ", expected one that we know");
      }
      int count = in.readInt();
      List<ReceivedResource> list = new ArrayList<>();
      for (int j = 0; j < count; j++) {
        list.add(new ReceivedResource(readString(in), readString(in), readAny(in)));
      }
      resources.put(type.get(), list);
    }
    if (in.available() > 0) {
      throw new IOException(in.available() + " bytes too many");
    }
    return new LastGood(resources);
  }

  private static Any readAny(DataInputStream in) throws IOException {
    try {
      return Any.parseFrom(readBytes(in));
    } catch (InvalidProtocolBufferException e) {
      throw new IOException("a resource cannot be decoded: " + e.getMessage(), e);
    }
  }

  private static void writeString(DataOutputStream out, String text) throws IOException {
    writeBytes(out, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String readString(DataInputStream in) throws IOException {
    return new String(readBytes(in), StandardCharsets.UTF_8);
  }

  private static byte[] readBytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > in.available()) {
      throw new IOException("a length of " + length + " exceeds the " + in.available() + " left");
    }
    return in.readNBytes(length);
  }

  private static byte[] digest(byte[] bytes, int length) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(bytes, 0, length);
      return sha.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
