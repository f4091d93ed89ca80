"""NCF as MLPerf v0.5 trained it: NeuMF on who rated what, Adam, leave-one-out HR@10."""
