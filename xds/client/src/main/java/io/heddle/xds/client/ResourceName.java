package io.heddle.xds.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;

/**
 * Reads a resource's name without parsing the resource: in Cluster, ClusterLoadAssignment, Listener
 * and RouteConfiguration alike it is the string with field number 1.
 */
final class ResourceName {
  private static final int NAME_TAG = 1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;

  private ResourceName() {}

  /**
   * The name, empty where there is none. As protobuf demands, the last of several counts.
   *
   * @throws InvalidProtocolBufferException where the encoding is broken
   */
  static String read(ByteString resource) throws InvalidProtocolBufferException {
    CodedInputStream in = resource.newCodedInput();
    String name = "";
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == NAME_TAG) {
          name = in.readStringRequireUtf8();
        } else if (!in.skipField(tag)) {
          throw new InvalidProtocolBufferException("unexpected end of a group");
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw e;
    } catch (IOException e) {
      throw new InvalidProtocolBufferException(e);
    }
    return name;
  }
}
