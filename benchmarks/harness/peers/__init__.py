"""The peers' programs. They run under any interpreter that has the peer, so they import nothing of Recurra."""
