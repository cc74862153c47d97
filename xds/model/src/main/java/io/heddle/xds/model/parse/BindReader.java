package io.heddle.xds.model.parse;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.BindConfig;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.SocketOption;
import io.heddle.xds.model.SocketEndpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Reads what upstream connections are bound to. */
final class BindReader {
  private static final int LONGEST_OPTION = 1024;

  private BindReader() {}

  static io.heddle.xds.model.BindConfig read(BindConfig bind, Path path, Findings findings) {
    List<SocketEndpoint> sources = new ArrayList<>();
    if (bind.hasSourceAddress()) {
      sources.add(address(bind.getSourceAddress(), path.field("source_address"), findings));
    } else if (bind.getExtraSourceAddressesCount() > 0) {
      findings.error(path.field("source_address"), "nothing", "an address before the extra ones");
    }
    if (bind.getFreebind().getValue()) {
      findings.refuse(path.field("freebind"), "true");
    }
    for (int i = 0; i < bind.getExtraSourceAddressesCount(); i++) {
      sources.add(
          address(
              bind.getExtraSourceAddresses(i).getAddress(),
              path.at("extra_source_addresses", i).field("address"),
              findings));
    }
    List<io.heddle.xds.model.BindConfig.SocketOption> options = new ArrayList<>();
    for (int i = 0; i < bind.getSocketOptionsCount(); i++) {
      options.add(option(bind.getSocketOptions(i), path.at("socket_options", i), findings));
    }
    return new io.heddle.xds.model.BindConfig(sources, options);
  }

  private static SocketEndpoint address(SocketAddress address, Path path, Findings findings) {
    return AddressReader.socket(address, 0, path, findings);
  }

  private static io.heddle.xds.model.BindConfig.SocketOption option(
      SocketOption option, Path path, Findings findings) {
    if (option.getState() == SocketOption.SocketState.STATE_LISTENING) {
      findings.error(path.field("state"), "STATE_LISTENING", "STATE_PREBIND or STATE_BOUND");
    }
    ByteString value =
        switch (option.getValueCase()) {
          case INT_VALUE -> {
            int number =
                (int) ranged(option.getIntValue(), Integer.MIN_VALUE, path, "int_value", findings);
            yield ByteString.copyFrom(
                ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(0, number));
          }
          case BUF_VALUE -> option.getBufValue();
          case VALUE_NOT_SET -> {
            findings.error(path, "no value", "int_value or buf_value");
            yield ByteString.EMPTY;
          }
        };
    if (value.size() > LONGEST_OPTION) {
      findings.error(
          path.field("buf_value"), value.size() + " bytes", "at most " + LONGEST_OPTION + " bytes");
    }
    return new io.heddle.xds.model.BindConfig.SocketOption(
        (int) ranged(option.getLevel(), 0, path, "level", findings),
        (int) ranged(option.getName(), 0, path, "name", findings),
        value);
  }

  private static long ranged(long value, long least, Path path, String field, Findings findings) {
    if (value < least || value > Integer.MAX_VALUE) {
      findings.error(path.field(field), Long.toString(value), least + " to " + Integer.MAX_VALUE);
      return 0;
    }
    return value;
  }
}
