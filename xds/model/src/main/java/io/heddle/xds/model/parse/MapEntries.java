package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The entries of one map field of {@code Any}, taken out of an encoded message before it is parsed.
 *
 * <p>A generated class that meets the first entry of a map initialises the descriptors of its file
 * and of all that this imports, a hundred of them for a cluster: that would be a third of a proxy's
 * whole start. Immutable.
 *
 * @param rest the message without these entries
 * @param maps of each message that may hold such a map, in the order of the encoding
 */
record MapEntries(ByteString rest, List<Map<String, Any>> maps) {

  MapEntries {
    maps = List.copyOf(maps);
  }

  /**
   * Takes the entries out; nothing if the bytes are no message.
   *
   * @param path the numbers of the fields that lead to the map, the last being its own
   */
  static Optional<MapEntries> take(ByteString encoded, int... path) {
    try {
      Walk walk = new Walk(path);
      ByteString rest = walk.message(encoded, 0);
      return Optional.of(new MapEntries(rest, walk.maps));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  private static final class Walk {
    private final int[] path;
    private final List<Map<String, Any>> maps = new ArrayList<>();

    Walk(int[] path) {
      this.path = path;
    }

    ByteString message(ByteString bytes, int depth) throws IOException {
      boolean holder = depth == path.length - 1;
      Map<String, Any> map = new LinkedHashMap<>();
      if (holder) {
        maps.add(map);
      }
      ByteString kept = ByteString.EMPTY;
      int from = 0;
      CodedInputStream in = bytes.newCodedInput();
      int at = 0;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) != path[depth]
            || WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
          if (!in.skipField(tag)) {
            throw new InvalidProtocolBufferException("an end without a beginning");
          }
        } else {
          ByteString within = in.readBytes();
          ByteString left = ByteString.EMPTY;
          if (holder) {
            entry(within, map);
          } else {
            left = field(path[depth], message(within, depth + 1));
          }
          kept = kept.concat(bytes.substring(from, at)).concat(left);
          from = in.getTotalBytesRead();
        }
        at = in.getTotalBytesRead();
      }
      return from == 0 ? bytes : kept.concat(bytes.substring(from));
    }

    private static void entry(ByteString bytes, Map<String, Any> map) throws IOException {
      CodedInputStream in = bytes.newCodedInput();
      String key = "";
      Any.Builder value = Any.newBuilder();
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        switch (tag) {
          case 1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> key = in.readStringRequireUtf8();
          case 2 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> value.mergeFrom(in.readBytes());
          default -> in.skipField(tag);
        }
      }
      map.put(key, value.build());
    }

    private static ByteString field(int number, ByteString content) throws IOException {
      ByteString.Output bytes = ByteString.newOutput(content.size() + 8);
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeBytes(number, content);
      out.flush();
      return bytes.toByteString();
    }
  }
}
