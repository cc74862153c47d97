package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.chain.FilterEntry;
import io.heddle.proxy.engine.chain.SharedFilters;
import io.heddle.proxy.engine.cluster.UpstreamConnection;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The chain of one attempt: from the router through the cluster's own filters, which are few or
 * none, to the connection, and back. Owned by the exchange's loop.
 */
final class AttemptChain implements Flow {
  private static final FilterStage[] NO_STAGES = new FilterStage[0];

  private UpstreamAttempt owner;
  private FilterStage[] stages = NO_STAGES;
  private SharedFilters filters = SharedFilters.NONE;
  private @Nullable ResponseHead head;
  private @Nullable Trailers trailers;

  /** Whether all of the response has left this chain. */
  private boolean responseWhole;

  AttemptChain(UpstreamAttempt owner) {
    this.owner = owner;
  }

  /** The attempt goes on as another's. */
  void owner(UpstreamAttempt next) {
    owner = next;
  }

  /** An attempt begins, through these filters, which it is done with at its end. */
  void begin(SharedFilters shared) {
    filters = shared;
    responseWhole = false;
    List<FilterEntry> entries = shared.entries();
    if (!entries.isEmpty()) {
      FilterStage[] made = new FilterStage[entries.size()];
      for (int i = 0; i < made.length; i++) {
        made[i] = new FilterStage(owner.exchange, this, i, entries.get(i));
      }
      stages = made;
    }
  }

  /** The response begins. Takes ownership. */
  void response(ResponseHead given, boolean end) {
    head = given;
    responseHeaders(stages.length - 1, end);
  }

  /** Takes ownership. */
  void responseData(ByteBuf data, boolean end) {
    responseData(stages.length - 1, data, end);
  }

  /** Takes ownership. */
  void responseTrailers(Trailers given) {
    trailers = given;
    responseTrailers(stages.length - 1, given);
  }

  @Override
  public boolean over() {
    return owner.exchange.completed();
  }

  @Override
  public @Nullable ResponseHead responseHead() {
    return head;
  }

  @Override
  public void requestHeaders(int index, boolean end) {
    UpstreamConnection to = owner.connection();
    if (index < stages.length) {
      stages[index].requestDirection().headers(end);
    } else if (to != null) {
      long length = owner.exchange.request.contentLength();
      if (owner.exchange.upgrade()) {
        to.sendHead(owner.exchange.request, Framing.UNTIL_CLOSE, -1, false);
      } else if (end) {
        to.sendHead(owner.exchange.request, length == 0 ? Framing.LENGTH : Framing.NONE, 0, true);
      } else {
        to.sendHead(
            owner.exchange.request, length >= 0 ? Framing.LENGTH : Framing.CHUNKED, length, false);
      }
    }
  }

  @Override
  public void requestData(int index, ByteBuf data, boolean end) {
    UpstreamConnection to = owner.connection();
    if (to == null) {
      data.release();
    } else if (index < stages.length) {
      stages[index].requestDirection().data(data, end);
    } else {
      to.sendData(data, end);
    }
  }

  @Override
  public void requestTrailers(int index, Trailers trailers) {
    UpstreamConnection to = owner.connection();
    if (index < stages.length) {
      stages[index].requestDirection().trailers(trailers);
    } else if (to != null) {
      to.sendTrailers(trailers);
    }
  }

  @Override
  public void responseHeaders(int index, boolean end) {
    ResponseHead given = head;
    if (index >= 0) {
      stages[index].responseDirection().headers(end);
    } else if (given != null) {
      head = null;
      responseWhole = end;
      owner.exchange.upstreamHead(given, end);
    }
  }

  @Override
  public void responseData(int index, ByteBuf data, boolean end) {
    if (index >= 0) {
      stages[index].responseDirection().data(data, end);
    } else {
      responseWhole |= end;
      owner.exchange.upstreamData(data, end);
    }
  }

  @Override
  public void responseTrailers(int index, Trailers given) {
    if (index >= 0) {
      stages[index].responseDirection().trailers(given);
    } else {
      trailers = null;
      responseWhole = true;
      owner.exchange.upstreamTrailers(given);
    }
  }

  @Override
  public boolean slow(boolean ofRequest) {
    return ofRequest ? owner.slow() : owner.exchange.downstream.slow();
  }

  @Override
  public void disableRead(boolean ofRequest) {
    if (ofRequest) {
      owner.exchange.downstream.disableRead();
    } else {
      owner.disableRead();
    }
  }

  @Override
  public void enableRead(boolean ofRequest) {
    if (ofRequest) {
      owner.exchange.downstream.enableRead();
    } else {
      owner.enableRead();
    }
  }

  /**
   * Ends the filters of the attempt, and gives back head and trailers that did not get through.
   *
   * @param why it ended, should its response not have been whole
   */
  void end(ResetReason why) {
    FilterStage[] ended = stages;
    stages = NO_STAGES;
    for (FilterStage stage : ended) {
      if (!responseWhole) {
        stage.reset(why);
      }
      stage.complete();
    }
    SharedFilters used = filters;
    filters = SharedFilters.NONE;
    used.done();
    ResponseHead untaken = head;
    if (untaken != null) {
      head = null;
      untaken.release();
    }
    Trailers held = trailers;
    if (held != null) {
      trailers = null;
      held.release();
    }
  }
}
