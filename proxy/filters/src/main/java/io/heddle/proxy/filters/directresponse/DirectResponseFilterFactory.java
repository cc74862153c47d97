package io.heddle.proxy.filters.directresponse;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.extensions.filters.network.direct_response.v3.Config;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.filters.config.Data;
import io.heddle.proxy.filters.config.SetFields;
import io.netty.buffer.Unpooled;
import java.util.Set;

/**
 * Makes the filter that answers every connection alike ({@code
 * envoy.filters.network.direct_response}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/network_filters/direct_response_filter">Envoy,
 *     direct response</a>
 */
public final class DirectResponseFilterFactory implements NetworkFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.network.direct_response";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config");
  }

  @Override
  public boolean terminal() {
    return true;
  }

  @Override
  public NetworkFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    Config message = SetFields.unpack(config, Config.class, Set.of("response"));
    ByteString response =
        message.hasResponse() ? Data.read(message.getResponse(), "response") : ByteString.EMPTY;
    return connection -> new Answering(connection, response);
  }

  private record Answering(Connection connection, ByteString response) implements NetworkFilter {
    @Override
    public NetworkDecision onConnected() {
      if (!response.isEmpty()) {
        connection.write(Unpooled.wrappedBuffer(response.asReadOnlyByteBuffer()));
      }
      connection.close();
      return NetworkDecision.CONTINUE;
    }
  }
}
