// The main of the link tests: what is tested is that it links.
int main() { return 0; }
