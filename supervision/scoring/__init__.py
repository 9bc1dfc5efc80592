"""考核办法: kinds of components, versions, their trial, and the scores they give."""
