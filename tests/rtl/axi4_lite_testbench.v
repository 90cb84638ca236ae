`timescale 1ns / 1ps
`default_nettype none

// Plays script.hex on the bus of a shell: a line for each access, "kind order_or_wait answer_wait address data response".
// kind 0 writes: order_or_wait is how many clocks the data comes after the address, or before it where bit 7 is 1.
// kind 1 reads and compares; kind 2 reads until bit 0 is 0. answer_wait is how long bready or rready stays 0.
// Beside the script it holds the bus to its rules: no response before both halves of a write, none that changes or goes
// before it is taken, no second access before that.
module testbench;
  reg clk = 1'b0, resetn = 1'b0;
  reg awvalid = 1'b0, wvalid = 1'b0, bready = 1'b0, arvalid = 1'b0, rready = 1'b0;
  reg [`BITS-1:0] awaddr = 0, araddr = 0;
  reg [31:0] wdata = 0;
  reg [3:0] wstrb = 4'b1111;
  wire awready, wready, bvalid, arready, rvalid;
  wire [1:0] bresp, rresp;
  wire [31:0] rdata;

  axi4_lite_shell dut (
    .s_axi_aclk(clk), .s_axi_aresetn(resetn),
    .s_axi_awaddr(awaddr), .s_axi_awprot(3'd0), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
    .s_axi_wdata(wdata), .s_axi_wstrb(wstrb), .s_axi_wvalid(wvalid), .s_axi_wready(wready),
    .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(bready),
    .s_axi_araddr(araddr), .s_axi_arprot(3'd0), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
    .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rvalid(rvalid), .s_axi_rready(rready)
  );

  always #5 clk = ~clk;

  integer file, accesses = 0, errors = 0, k;
  reg [7:0] kind, order, wait_clocks;
  reg [31:0] address, data;
  reg [3:0] response;

  task wrong(input [8*40-1:0] what);
    begin
      errors = errors + 1;
      $display("wrong: access %0d (address %h): %0s", accesses, address, what);
    end
  endtask

  // the rules, at each clock
  reg has_address = 1'b0, has_data = 1'b0, has_read = 1'b0;
  reg b_waits = 1'b0, r_waits = 1'b0;
  reg [1:0] b_was, r_was;
  reg [31:0] d_was;
  always @(posedge clk) if (resetn) begin
    if (bvalid && !(has_address && has_data)) wrong("a response before both halves of the write");
    if (rvalid && !has_read) wrong("data before its address");
    if (b_waits && (!bvalid || bresp !== b_was)) wrong("a response that did not wait");
    if (r_waits && (!rvalid || rresp !== r_was || rdata !== d_was)) wrong("data that did not wait");
    if (awready && has_address) wrong("a second write address");
    if (wready && has_data) wrong("a second write word");
    if (arready && has_read) wrong("a second read address");
    b_waits <= bvalid && !bready;
    r_waits <= rvalid && !rready;
    b_was <= bresp;
    r_was <= rresp;
    d_was <= rdata;
    if (awvalid && awready) has_address <= 1'b1;
    if (wvalid && wready) has_data <= 1'b1;
    if (arvalid && arready) has_read <= 1'b1;
    if (bvalid && bready) begin
      has_address <= 1'b0;
      has_data <= 1'b0;
    end
    if (rvalid && rready) has_read <= 1'b0;
  end else if (bvalid === 1'b1 || rvalid === 1'b1) errors = errors + (accesses > 0);

  task put_address;
    begin
      awaddr = address;
      awvalid = 1'b1;
      @(negedge clk);
      while (!has_address) @(negedge clk);
      awvalid = 1'b0;
    end
  endtask

  task put_data;
    begin
      wdata = data;
      wvalid = 1'b1;
      @(negedge clk);
      while (!has_data) @(negedge clk);
      wvalid = 1'b0;
    end
  endtask

  task write_word;
    begin
      if (order == 0) begin  // both at once
        awaddr = address;
        wdata = data;
        awvalid = 1'b1;
        wvalid = 1'b1;
        @(negedge clk);
        awvalid = 1'b0;
        wvalid = 1'b0;
      end else if (order[7]) begin
        put_data;
        repeat (order[6:0]) @(negedge clk);
        put_address;
      end else begin
        put_address;
        repeat (order[6:0]) @(negedge clk);
        put_data;
      end
      repeat (wait_clocks) @(negedge clk);
      bready = 1'b1;
      while (!bvalid) @(negedge clk);
      if (bresp !== response[1:0]) wrong("response of a write");
      @(negedge clk);
      bready = 1'b0;
    end
  endtask

  task read_word;
    begin
      araddr = address;
      arvalid = 1'b1;
      @(negedge clk);
      while (!has_read) @(negedge clk);
      arvalid = 1'b0;
      repeat (wait_clocks) @(negedge clk);
      rready = 1'b1;
      while (!rvalid) @(negedge clk);
      if (rresp !== response[1:0]) wrong("response of a read");
      if (kind == 1 && rdata !== data) begin
        wrong("data of a read");
        $display("  %h, wanted %h", rdata, data);
      end
      k = rdata[0];
      @(negedge clk);
      rready = 1'b0;
    end
  endtask

  initial begin
    file = $fopen("script.hex", "r");
    repeat (3) @(negedge clk);
    resetn = 1'b1;
    while ($fscanf(file, "%h %h %h %h %h %h\n", kind, order, wait_clocks, address, data, response) == 6) begin
      accesses = accesses + 1;
      wstrb = response[3] ? 4'b0111 : 4'b1111;  // bit 3 of the response: a part of the word
      if (kind == 0) write_word;
      else begin
        k = 1;
        read_word;
        while (kind == 2 && k) read_word;
      end
    end
    $display("%0d accesses, %0d wrong", accesses, errors);
    $finish;
  end

  initial begin : watchdog
    repeat (`LIMIT) @(posedge clk);
    $display("watchdog at access %0d", accesses);
    $finish;
  end
endmodule

`default_nettype wire
